//! Checks that every shader is valid WGSL. No adapter is needed.

use std::collections::BTreeSet;
use std::path::Path;

use askew::gpu::kernel::{Constant, specialise};
use askew::gpu::ops::{all_sources, attention};

#[test]
fn every_shader_is_valid() {
    for (name, source) in all_sources() {
        let module = naga::front::wgsl::parse_str(&source).unwrap_or_else(|error| {
            panic!("{name}: {}", error.emit_to_string(&source));
        });
        let flags = naga::valid::ValidationFlags::all();
        // Only plain WebGPU, except for shaders that declare more. naga counts `unpack2x16float` as a capability,
        // although every WebGPU device has it.
        let mut capabilities = naga::valid::Capabilities::SHADER_FLOAT16_IN_FLOAT32;
        let mut stages = naga::valid::ShaderStages::empty();
        if name.ends_with("/subgroups") {
            capabilities |= naga::valid::Capabilities::SUBGROUP;
            stages = naga::valid::ShaderStages::COMPUTE;
        }
        let mut validator = naga::valid::Validator::new(flags, capabilities);
        validator.subgroup_stages(stages);
        validator.validate(&module).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(module.entry_points.iter().any(|entry| entry.name == "main"), "{name}");
    }
}

/// Operations on packed bytes are an extension of the language, and only the fast maths may need an extension.
#[test]
fn only_the_fast_maths_needs_packed_bytes() {
    for (name, source) in all_sources() {
        let needs = ["dot4", "pack4x"].iter().any(|function| source.contains(function));
        assert_eq!(needs, name.starts_with("fast"), "{name}");
    }
}

/// Every file is part of a shader; otherwise it would never be validated.
#[test]
fn every_wgsl_file_is_part_of_a_shader() {
    let ops = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/gpu/src/ops");
    let sources = all_sources();
    let mut seen = BTreeSet::new();
    for folder in [ops.clone(), ops.join("quant")] {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.extension().is_some_and(|extension| extension == "wgsl") {
                let text = std::fs::read_to_string(&entry).expect("text");
                // Shaders are embedded without comments and indentation.
                let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
                let code: String = lines.filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect();
                assert!(sources.iter().any(|(_, source)| source.contains(&code)), "{}", entry.display());
                seen.insert(entry);
            }
        }
    }
    assert!(seen.len() >= 20, "{seen:?}");
}

#[test]
fn a_constant_that_is_not_there_is_refused() {
    let made = specialise(attention::SOURCE, &[("NUM_HEADS", Constant::U32(7))]).expect("there is one");
    assert!(made.contains("const NUM_HEADS: u32 = 7u;"));
    assert!(specialise(attention::SOURCE, &[("NUM_HEAD", Constant::U32(7))]).is_err());
}
