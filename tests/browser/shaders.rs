//! Compiles every shader with the browser's own compiler, which is stricter than the native one.

use askew::gpu::ops::all_sources;

use crate::Test;
use crate::page::{Page, quote, strings};

pub(crate) const TESTS: &[Test] = &[("shaders::the_browser_compiles_every_shader", the_browser_compiles_every_shader)];

/// A script that returns the errors in a shader, as `line: message`.
const ERRORS: &str = "(async () => {
    window.device ??= await (await navigator.gpu.requestAdapter()).requestDevice({ requiredFeatures: ['subgroups'] });
    window.device.pushErrorScope('validation');
    const info = await window.device.createShaderModule({ code: SOURCE }).getCompilationInfo();
    await window.device.popErrorScope();
    return info.messages.filter(m => m.type === 'error').map(m => `${m.lineNum}: ${m.message}`);
})()";

fn the_browser_compiles_every_shader(page: &mut Page) {
    page.open("/#about");
    let errors = |source: &str| strings(&page.eval(&ERRORS.replace("SOURCE", &quote(source))));
    // Prove that the check finds an error that only this compiler refuses.
    assert!(!errors("fn f(x: u32) -> u32 { return x >> 1u & 1u; }").is_empty());
    let mut bad = Vec::new();
    let sources = all_sources();
    for (name, source) in &sources {
        // As the engine writes the shader in a browser.
        let enable = if name.ends_with("/subgroups") { "enable subgroups;\n" } else { "" };
        bad.extend(errors(&format!("{enable}{source}")).into_iter().map(|error| format!("{name}:{error}")));
    }
    println!("{} shaders", sources.len());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
