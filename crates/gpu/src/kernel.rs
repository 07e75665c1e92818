//! Shaders specialised for one shape, their pipelines, and dispatches with all buffers bound.

use std::rc::Rc;

use super::{Gpu, GpuError};

/// How a shader uses a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// `var<storage, read>`.
    Read,
    /// `var<storage, read_write>`.
    Write,
}

/// The value of a `const` in a shader.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constant {
    /// `u32`.
    U32(u32),
    /// `f32`.
    F32(f32),
}

impl From<u32> for Constant {
    fn from(value: u32) -> Self {
        Self::U32(value)
    }
}

impl From<f32> for Constant {
    fn from(value: f32) -> Self {
        Self::F32(value)
    }
}

impl TryFrom<usize> for Constant {
    type Error = GpuError;

    fn try_from(value: usize) -> Result<Self, GpuError> {
        word(value).map(Self::U32)
    }
}

/// Converts a size to the 32-bit integer that shaders use.
///
/// # Errors
/// [`GpuError::Refused`] for a size beyond 32 bits.
pub fn word(value: usize) -> Result<u32, GpuError> {
    u32::try_from(value).map_err(|_too_large| GpuError::Refused(format!("a size of {value} does not fit a shader")))
}

/// Replaces the values in lines `const NAME: type = value;`. A shader file has default values that compile, so it can
/// be validated as it is. With the values replaced, it is a shader for one shape, which drivers can optimise best.
///
/// # Errors
/// [`GpuError::Refused`] when the shader does not have one of the constants.
pub fn specialise(source: &str, constants: &[(&str, Constant)]) -> Result<String, GpuError> {
    let mut source = source.to_owned();
    for (name, value) in constants {
        let (head, value) = match value {
            Constant::U32(value) => (format!("const {name}: u32 = "), format!("{value}u")),
            Constant::F32(value) => (format!("const {name}: f32 = "), format!("{value:?}f")),
        };
        let start = source.find(&head).map(|at| at + head.len());
        let range = start.and_then(|start| source[start..].find(';').map(|len| start..start + len));
        source.replace_range(range.ok_or_else(|| GpuError::Refused(format!("no shader constant \"{name}\"")))?, &value);
    }
    Ok(source)
}

/// A compiled shader with its pipeline.
#[derive(Debug)]
pub struct Kernel {
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

/// One kernel with its buffers, which can be run any number of times.
#[derive(Clone, Debug)]
pub struct Dispatch {
    kernel: Rc<Kernel>,
    bind_group: wgpu::BindGroup,
    workgroups: [u32; 2],
    /// Bytes of weights that the dispatch reads.
    pub(super) weight_bytes: u64,
}

impl Dispatch {
    /// Sets the number of bytes of weights that this dispatch reads.
    pub(super) fn reading(self, weight_bytes: u64) -> Self {
        Self { weight_bytes, ..self }
    }

    pub(super) fn encode(&self, pass: &mut wgpu::ComputePass<'_>) {
        pass.set_pipeline(&self.kernel.pipeline);
        pass.set_bind_group(0, &self.bind_group, &[]);
        pass.dispatch_workgroups(self.workgroups[0], self.workgroups[1], 1);
    }
}

/// A shader before compilation: its text, its constants, and how it uses its bindings 0, 1, ...
#[derive(Clone, Copy, Debug)]
pub struct Shader<'a> {
    /// The operation's name.
    pub label: &'static str,
    /// WGSL with an entry point `main`.
    pub source: &'a str,
    /// Values for [`specialise`].
    pub constants: &'a [(&'static str, Constant)],
}

impl Gpu {
    /// Creates a dispatch of `workgroups` (x, y) with `buffers` at bindings 0, 1, ... Each shader text is only compiled
    /// once.
    ///
    /// # Errors
    /// [`GpuError::Refused`] for a constant that the shader does not have. Errors of the driver are reported by
    /// [`Gpu::check`].
    pub fn dispatch(
        &self,
        shader: Shader<'_>,
        buffers: &[(&wgpu::Buffer, Access)],
        workgroups: [u32; 2],
    ) -> Result<Dispatch, GpuError> {
        let source = self.patched(specialise(shader.source, shader.constants)?);
        let known = self.kernels.borrow().get(&source).cloned();
        let kernel = known.unwrap_or_else(|| {
            let kernel = Rc::new(self.compile(shader.label, &source, buffers));
            self.count(|counts| counts.pipelines += 1);
            self.kernels.borrow_mut().insert(source, Rc::clone(&kernel));
            kernel
        });
        let entries: Vec<wgpu::BindGroupEntry<'_>> = (0u32..)
            .zip(buffers)
            .map(|(binding, (buffer, _))| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let descriptor =
            wgpu::BindGroupDescriptor { label: Some(shader.label), layout: &kernel.layout, entries: &entries };
        let bind_group = self.device.create_bind_group(&descriptor);
        self.count(|counts| counts.bind_groups += 1);
        Ok(Dispatch { kernel, bind_group, workgroups, weight_bytes: 0 })
    }

    fn compile(&self, label: &str, source: &str, buffers: &[(&wgpu::Buffer, Access)]) -> Kernel {
        let label = Some(label);
        let entries: Vec<wgpu::BindGroupLayoutEntry> = (0u32..)
            .zip(buffers)
            .map(|(binding, (_, access))| wgpu::BindGroupLayoutEntry {
                binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Storage { read_only: *access == Access::Read },
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            })
            .collect();
        let layout =
            self.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label, entries: &entries });
        let pipeline_layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label,
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label,
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        Kernel { pipeline, layout }
    }
}
