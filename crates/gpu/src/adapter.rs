//! GPU adapters: how one is selected, what its name is and which memory limits it has.

use super::GpuError;
use super::device::DeviceCaps;
use super::ops::{DECODE_LANES, MAX_LANES};

#[cfg(not(target_arch = "wasm32"))]
pub(super) async fn find_adapter(name: Option<&str>) -> Result<(wgpu::Instance, wgpu::Adapter), GpuError> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let mut adapters = instance.enumerate_adapters(wgpu::Backends::PRIMARY).await;
    let found: Vec<String> = adapters.iter().map(|adapter| adapter.get_info().name).collect();
    if let Some(name) = name.map(str::to_lowercase) {
        adapters.retain(|adapter| adapter.get_info().name.to_lowercase().contains(&name));
    }
    adapters.sort_by_key(|adapter| match adapter.get_info().device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    });
    let missing = || match name {
        Some(name) => GpuError::NoAdapter(format!("none of {found:?} is called \"{name}\"")),
        None => GpuError::NoAdapter("no Vulkan driver was found".to_owned()),
    };
    let adapter = adapters.into_iter().next().ok_or_else(missing)?;
    Ok((instance, adapter))
}

/// Browsers give one adapter and no list, so an adapter cannot be selected by name.
#[cfg(target_arch = "wasm32")]
pub(super) async fn find_adapter(_name: Option<&str>) -> Result<(wgpu::Instance, wgpu::Adapter), GpuError> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..wgpu::RequestAdapterOptions::default()
    };
    // wgpu lists every backend that this build does not have; the user only needs to know about WebGPU.
    let none = |_every_backend| GpuError::NoAdapter("the browser did not offer one".to_owned());
    let adapter = instance.request_adapter(&options).await.map_err(none)?;
    Ok((instance, adapter))
}

#[cfg(not(target_arch = "wasm32"))]
fn adapter_name(info: &wgpu::AdapterInfo, _device: &wgpu::Device) -> String {
    info.name.clone()
}

/// wgpu only reports the description, which browsers seldom give. Most give a vendor and an architecture instead.
#[cfg(target_arch = "wasm32")]
fn adapter_name(info: &wgpu::AdapterInfo, device: &wgpu::Device) -> String {
    use js_sys::Reflect;
    use wasm_bindgen::JsValue;

    let get = |object: &JsValue, key: &str| Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED);
    let web_info = device.as_webgpu().map_or(JsValue::UNDEFINED, |device| get(device.as_ref(), "adapterInfo"));
    let mut parts = vec![info.name.clone()];
    parts.extend(["vendor", "architecture", "device"].iter().filter_map(|key| get(&web_info, key).as_string()));
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() { "a GPU that the browser does not name".to_owned() } else { parts.join(" ") }
}

/// Smallest and largest subgroup size, if the device was created with subgroups.
#[cfg(not(target_arch = "wasm32"))]
fn subgroups(info: &wgpu::AdapterInfo, device: &wgpu::Device) -> Option<(u32, u32)> {
    let has_subgroups = device.features().contains(wgpu::Features::SUBGROUP);
    has_subgroups.then_some((info.subgroup_min_size, info.subgroup_max_size))
}

/// wgpu does not support subgroups in browsers, so `worker_loader.js` requests them. Shaders also need to know the
/// index of their subgroup, which is a newer feature.
#[cfg(target_arch = "wasm32")]
fn subgroups(_info: &wgpu::AdapterInfo, device: &wgpu::Device) -> Option<(u32, u32)> {
    use js_sys::{Function, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    let get = |object: &JsValue, key: &str| Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED);
    let has = |set: &JsValue, key: &str| {
        let has: Function = get(set, "has").dyn_into().ok()?;
        has.call1(set, &key.into()).ok()?.as_bool()
    };
    let device: &JsValue = device.as_webgpu()?.as_ref();
    let language = get(&get(&get(&js_sys::global(), "navigator"), "gpu"), "wgslLanguageFeatures");
    let is_there = has(&get(device, "features"), "subgroups")? && has(&language, "subgroup_id")?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are from 4 to 128")]
    let size = |key: &str, default: u32| get(&get(device, "adapterInfo"), key).as_f64().map_or(default, |x| x as u32);
    is_there.then(|| (size("subgroupMinSize", 4), size("subgroupMaxSize", 128)))
}

/// Memory in bytes that a model must fit into. Natively, it is unknown.
#[cfg(not(target_arch = "wasm32"))]
fn memory_bytes() -> Option<u64> {
    None
}

/// The machine's memory as browsers report it, in rough GiB. 8 means 8 or more, so it is treated as unknown.
#[cfg(target_arch = "wasm32")]
fn memory_bytes() -> Option<u64> {
    let get = |object: &wasm_bindgen::JsValue, key: &str| js_sys::Reflect::get(object, &key.into()).ok();
    let gibibytes = get(&get(&js_sys::global(), "navigator")?, "deviceMemory")?.as_f64()?;
    let known = [(0.25, 28), (0.5, 29), (1.0, 30), (2.0, 31), (4.0, 32)];
    known.iter().find(|(known, _)| *known == gibibytes).map(|(_, bits)| 1 << bits)
}

pub(super) fn caps(instance: &wgpu::Instance, adapter: &wgpu::Adapter, device: &wgpu::Device) -> DeviceCaps {
    let (info, limits) = (adapter.get_info(), device.limits());
    let name = adapter_name(&info, device);
    let is_known_software = ["swiftshader", "llvmpipe"].iter().any(|known| name.to_lowercase().contains(known));
    let is_software = info.device_type == wgpu::DeviceType::Cpu || is_known_software;
    let language = instance.wgsl_language_features();
    let subgroups = subgroups(&info, device);
    DeviceCaps {
        adapter: name,
        backend: info.backend.to_str().to_owned(),
        is_software,
        max_buffer_bytes: limits.max_buffer_size,
        max_binding_bytes: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
        memory_bytes: memory_bytes(),
        max_workgroup_bytes: limits.max_compute_workgroup_storage_size as usize,
        packed_dot: language.contains(wgpu::WgslLanguageFeatures::Packed4x8IntegerDotProduct),
        shader_f16: adapter.features().contains(wgpu::Features::SHADER_F16),
        subgroups,
        uses_subgroups: subgroups.is_some(),
        row_split: if is_software { 1 } else { 8 },
        prefill_lanes: if is_software { DECODE_LANES } else { MAX_LANES },
    }
}
