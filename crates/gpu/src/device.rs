//! The device: opened once with all features that it offers, and watched for loss.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use futures_channel::oneshot;

use super::GpuError;
use super::adapter::{caps, find_adapter};
use super::kernel::{Dispatch, Kernel};

/// An adapter's capabilities and how to use it. All decisions that depend on the device are made here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCaps {
    /// The adapter's name.
    pub adapter: String,
    /// wgpu's name of the backend, such as `vulkan` or `webgpu`.
    pub backend: String,
    /// Whether it is a software adapter.
    pub is_software: bool,
    /// Size of the largest buffer in bytes.
    pub max_buffer_bytes: u64,
    /// Size of the largest storage binding in bytes.
    pub max_binding_bytes: u64,
    /// Memory in bytes that a model must fit into, if known. Browsers report the machine's memory, exactly only if
    /// small.
    pub memory_bytes: Option<u64>,
    /// Shared memory of a workgroup in bytes.
    pub max_workgroup_bytes: usize,
    /// Whether shaders can multiply bytes four at a time (`packed_4x8_integer_dot_product`). All devices can, but some
    /// browsers do not support it. The fast maths needs it.
    pub packed_dot: bool,
    /// Whether shaders can use 16-bit floats (unused so far: everything is computed in f32).
    pub shader_f16: bool,
    /// Smallest and largest subgroup size, if shaders can use subgroups.
    pub subgroups: Option<(u32, u32)>,
    /// Whether workgroups use subgroups for reductions. This was not slower on any device that we tested.
    pub uses_subgroups: bool,
    /// Threads that share one row of a matrix-vector product. A software adapter runs the threads of a workgroup in
    /// turn, and every barrier costs time. A real GPU needs the parallelism.
    pub row_split: u32,
    /// Tokens of a prompt in one step. 32 are multiplied tile by tile. 8 or fewer are multiplied row by row, which is
    /// faster on a software adapter for the same reason.
    pub prefill_lanes: usize,
}

/// Options for [`Gpu::new`].
#[derive(Clone, Copy, Debug, Default)]
pub struct GpuOptions<'a> {
    /// Select the first adapter with a name that contains this, ignoring case.
    pub adapter: Option<&'a str>,
    /// Use smaller bindings than the device allows. Tests use this to split small matrices into several slabs.
    pub max_binding_bytes: Option<u64>,
    /// Use this instead of [`DeviceCaps::memory_bytes`].
    pub memory_bytes: Option<u64>,
    /// Use this instead of [`DeviceCaps::row_split`].
    pub row_split: Option<u32>,
    /// Use this instead of [`DeviceCaps::prefill_lanes`]: 1, 8 or 32.
    pub prefill_lanes: Option<usize>,
    /// Use this instead of [`DeviceCaps::packed_dot`].
    pub packed_dot: Option<bool>,
    /// Use this instead of [`DeviceCaps::uses_subgroups`], if the device has subgroups.
    pub subgroups: Option<bool>,
    /// Changes every shader before it is compiled. Tests use this to prove that a wrong shader is detected.
    pub patch: Option<fn(String) -> String>,
}

/// Counts of operations since the device was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Compute dispatches.
    pub dispatches: u64,
    pub submits: u64,
    /// Buffers created.
    pub buffers: u64,
    /// Bind groups created.
    pub bind_groups: u64,
    /// Shaders compiled to pipelines.
    pub pipelines: u64,
    /// Number of readbacks of results.
    pub readbacks: u64,
    /// Bytes of weights that dispatches read.
    pub weight_bytes: u64,
    /// Total size of the buffers created, in bytes.
    pub buffer_bytes: u64,
}

impl Counts {
    /// The operations counted after `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            dispatches: self.dispatches - before.dispatches,
            submits: self.submits - before.submits,
            buffers: self.buffers - before.buffers,
            bind_groups: self.bind_groups - before.bind_groups,
            pipelines: self.pipelines - before.pipelines,
            readbacks: self.readbacks - before.readbacks,
            weight_bytes: self.weight_bytes - before.weight_bytes,
            buffer_bytes: self.buffer_bytes - before.buffer_bytes,
        }
    }
}

/// A device and its queue.
#[derive(Debug)]
pub struct Gpu {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    caps: DeviceCaps,
    patch: Option<fn(String) -> String>,
    pub(super) kernels: RefCell<HashMap<String, Rc<Kernel>>>,
    /// Buffers for bindings that a dispatch does not use: one to read, two to write.
    stubs: [wgpu::Buffer; 3],
    counts: Cell<Counts>,
    /// Buffers created since [`Gpu::collect`], if they are recorded.
    pub(super) collecting: RefCell<Option<Vec<wgpu::Buffer>>>,
    loss: RefCell<oneshot::Receiver<()>>,
    fault: Arc<Mutex<Option<GpuError>>>,
}

impl Gpu {
    /// Opens the best adapter with all features that it offers.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`] without a suitable adapter, [`GpuError::NoDevice`] when the adapter refuses.
    pub async fn new(options: GpuOptions<'_>) -> Result<Rc<Self>, GpuError> {
        let (instance, adapter) = find_adapter(options.adapter).await?;
        let required_features = adapter.features() & wgpu::Features::SUBGROUP;
        let required_limits = adapter.limits();
        let descriptor = wgpu::DeviceDescriptor { required_features, required_limits, ..Default::default() };
        let (device, queue) =
            adapter.request_device(&descriptor).await.map_err(|error| GpuError::NoDevice(error.to_string()))?;

        let fault = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&fault);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| note(&slot, error.into())));
        let slot = Arc::clone(&fault);
        let (sender, loss) = oneshot::channel();
        let sender = Mutex::new(Some(sender));
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                note(&slot, GpuError::Lost(message));
                if let Some(sender) = sender.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    // There may be no receiver.
                    sender.send(()).ok();
                }
            }
        });

        let mut caps = caps(&instance, &adapter, &device);
        caps.max_binding_bytes = options.max_binding_bytes.unwrap_or(caps.max_binding_bytes);
        caps.memory_bytes = options.memory_bytes.or(caps.memory_bytes);
        caps.uses_subgroups = caps.subgroups.is_some() && options.subgroups.unwrap_or(caps.uses_subgroups);
        caps.packed_dot = options.packed_dot.unwrap_or(caps.packed_dot);
        caps.row_split = options.row_split.unwrap_or(caps.row_split);
        caps.prefill_lanes = options.prefill_lanes.unwrap_or(caps.prefill_lanes);
        let stubs = [(); 3].map(|()| {
            let usage = wgpu::BufferUsages::STORAGE;
            let descriptor = wgpu::BufferDescriptor { label: Some("stub"), size: 16, usage, mapped_at_creation: false };
            device.create_buffer(&descriptor)
        });
        Ok(Rc::new(Self {
            stubs,
            device,
            queue,
            caps,
            patch: options.patch,
            kernels: RefCell::default(),
            counts: Cell::default(),
            collecting: RefCell::default(),
            loss: RefCell::new(loss),
            fault,
        }))
    }

    /// The capabilities of the device.
    pub fn caps(&self) -> &DeviceCaps {
        &self.caps
    }

    /// Counts of operations so far.
    pub fn counts(&self) -> Counts {
        self.counts.get()
    }

    /// Returns the first error that happened outside a call that could report it, if there was one.
    ///
    /// # Errors
    /// That error. It remains until the device is opened again.
    pub fn check(&self) -> Result<(), GpuError> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.clone().map_or(Ok(()), Err)
    }

    /// Completes when the device is lost.
    pub async fn lost(&self) {
        let told = poll_fn(|context| Pin::new(&mut *self.loss.borrow_mut()).poll(context)).await;
        if told.is_err() {
            // The sender is gone without a message: the device was closed on purpose.
            std::future::pending::<()>().await;
        }
    }

    /// Runs `build` and returns its result, unless the driver refused a part of it or ran out of memory.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`], [`GpuError::Refused`], or the error of `build`.
    pub async fn checked<T>(&self, build: impl FnOnce() -> Result<T, GpuError>) -> Result<T, GpuError> {
        let filters = [wgpu::ErrorFilter::Validation, wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::OutOfMemory];
        let scopes = filters.map(|filter| self.device.push_error_scope(filter));
        let built = build();
        // Scopes end in reverse order. Out of memory is checked first, because the other errors can be consequences of
        // it.
        let mut errors = Vec::new();
        for scope in scopes.into_iter().rev() {
            errors.push(scope.pop());
        }
        for error in errors {
            if let Some(error) = error.await {
                return Err(error.into());
            }
        }
        self.check()?;
        built
    }

    /// The buffer for a read-only binding that a dispatch does not use.
    pub(super) fn stub_read(&self) -> &wgpu::Buffer {
        &self.stubs[0]
    }

    /// Buffers for writable bindings that a dispatch does not use. 0 and 1 differ, as WebGPU requires in one dispatch.
    pub(super) fn stub_write(&self, which: usize) -> &wgpu::Buffer {
        &self.stubs[1 + which.min(1)]
    }

    /// Creates a storage buffer filled with zeros.
    pub fn storage(&self, label: &str, num_bytes: u64) -> wgpu::Buffer {
        use wgpu::BufferUsages as Usage;
        self.buffer(label, num_bytes, Usage::STORAGE | Usage::COPY_DST | Usage::COPY_SRC)
    }

    /// Creates a storage buffer that contains `data`.
    pub fn upload<T: bytemuck::NoUninit>(&self, label: &str, data: &[T]) -> wgpu::Buffer {
        let bytes: &[u8] = bytemuck::cast_slice(data);
        let buffer = self.storage(label, bytes.len() as u64);
        self.queue.write_buffer(&buffer, 0, bytes);
        buffer
    }

    /// Writes `words` to a buffer, starting at word `place`.
    pub fn write<T: bytemuck::NoUninit>(&self, buffer: &wgpu::Buffer, place: usize, words: &[T]) {
        self.queue.write_buffer(buffer, (place * 4) as u64, bytemuck::cast_slice(words));
    }

    /// Creates a staging buffer: results are copied to it so that they can be read.
    pub fn staging(&self, num_bytes: u64) -> wgpu::Buffer {
        self.buffer("staging", num_bytes, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST)
    }

    fn buffer(&self, label: &str, num_bytes: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        // Bindings must not be empty, and copies are in whole words.
        let size = num_bytes.max(16).next_multiple_of(16);
        self.count(|counts| {
            counts.buffers += 1;
            counts.buffer_bytes += size;
        });
        let descriptor = wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false };
        let buffer = self.device.create_buffer(&descriptor);
        if let Some(buffers) = &mut *self.collecting.borrow_mut() {
            buffers.push(buffer.clone());
        }
        buffer
    }

    /// Submits one compute pass. Then, in the same submit, copies the buffer `copy.0` to `copy.1`.
    pub fn submit(&self, dispatches: &[&[Dispatch]], copy: Option<(&wgpu::Buffer, &wgpu::Buffer)>) {
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        for dispatch in dispatches.iter().copied().flatten() {
            dispatch.encode(&mut pass);
        }
        drop(pass);
        if let Some((from, to)) = copy {
            encoder.copy_buffer_to_buffer(from, 0, to, 0, to.size().min(from.size()));
        }
        self.queue.submit([encoder.finish()]);
        let num_dispatches = dispatches.iter().map(|part| part.len() as u64).sum::<u64>();
        let weight_bytes = dispatches.iter().copied().flatten().map(|dispatch| dispatch.weight_bytes).sum::<u64>();
        self.count(|counts| {
            counts.submits += 1;
            counts.dispatches += num_dispatches;
            counts.weight_bytes += weight_bytes;
        });
    }

    /// Copies `size` bytes within each of `buffers`, in one submit. WebGPU can only copy between different buffers, so
    /// the data goes through `scratch`.
    pub(super) fn copy_within<'a>(
        &self,
        buffers: impl Iterator<Item = &'a wgpu::Buffer>,
        (from, to): (u64, u64),
        size: u64,
        scratch: &wgpu::Buffer,
    ) {
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for buffer in buffers {
            encoder.copy_buffer_to_buffer(buffer, from, scratch, 0, size);
            encoder.copy_buffer_to_buffer(scratch, 0, buffer, to, size);
        }
        self.queue.submit([encoder.finish()]);
        self.count(|counts| counts.submits += 1);
    }

    /// Reads the first `len` values of a staging buffer after everything submitted so far is done.
    ///
    /// # Errors
    /// A fault of the device, now or at any time since it was opened.
    pub async fn read<T: bytemuck::AnyBitPattern>(
        &self,
        staging: &wgpu::Buffer,
        len: usize,
    ) -> Result<Vec<T>, GpuError> {
        self.count(|counts| counts.readbacks += 1);
        let (sender, receiver) = oneshot::channel();
        staging.slice(..).map_async(wgpu::MapMode::Read, move |result| {
            sender.send(result).ok();
        });
        self.wait()?;
        let mapped = receiver.await;
        self.check()?;
        mapped
            .map_err(|_canceled| GpuError::Lost("no answer".to_owned()))?
            .map_err(|error| GpuError::Lost(error.to_string()))?;
        let view = staging.slice(..).get_mapped_range().map_err(|error| GpuError::Lost(error.to_string()))?;
        let values = view.chunks_exact(size_of::<T>()).take(len).map(bytemuck::pod_read_unaligned).collect();
        drop(view);
        staging.unmap();
        Ok(values)
    }

    /// Reads a buffer back. It creates a new staging buffer each time, so it is meant for tests.
    ///
    /// # Errors
    /// The same as [`Gpu::read`].
    pub async fn download<T: bytemuck::AnyBitPattern>(
        &self,
        buffer: &wgpu::Buffer,
        len: usize,
    ) -> Result<Vec<T>, GpuError> {
        let staging = self.staging(buffer.size());
        self.submit(&[], Some((buffer, &staging)));
        self.read(&staging, len).await
    }

    /// Submits the writes queued so far, so that they do not pile up in memory while a model loads.
    ///
    /// # Errors
    /// A fault of the device.
    pub async fn flush(&self) -> Result<(), GpuError> {
        let (sender, receiver) = oneshot::channel();
        self.queue.submit([]);
        self.queue.on_submitted_work_done(move || {
            sender.send(()).ok();
        });
        self.wait()?;
        receiver.await.map_err(|_canceled| GpuError::Lost("no answer".to_owned()))?;
        self.check()
    }

    /// Waits for callbacks. Natively they run inside a poll, in the browser they run from its event loop.
    fn wait(&self) -> Result<(), GpuError> {
        #[cfg(not(target_arch = "wasm32"))]
        self.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|error| GpuError::Lost(error.to_string()))?;
        Ok(())
    }

    /// The shader source after the optional patch.
    pub(super) fn patched(&self, source: String) -> String {
        self.patch.map_or_else(|| source.clone(), |patch| patch(source.clone()))
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
    }
}

/// Stores only the first fault, because later ones follow from it.
fn note(slot: &Mutex<Option<GpuError>>, error: GpuError) {
    slot.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
}
