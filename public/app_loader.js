// Starts an app that is WebAssembly: the page, or a part of it that a screen needs. This script's element names it in
// data-script and data-code, and hears "started" or "error". Where nobody shows the error, the page would stay empty.
{
  const element = document.currentScript;
  const { script, code } = element.dataset;
  // A module of one SIMD instruction. Where it is invalid the apps are too.
  const simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
  const fail = (message) => {
    if (element.dispatchEvent(new ErrorEvent("error", { message, cancelable: true }))) document.body.textContent = message;
  };
  if (self.WebAssembly?.validate(new Uint8Array(simd))) {
    import(script)
      .then((app) => app.default({ module_or_path: code }))
      .then(() => element.dispatchEvent(new Event("started")))
      .catch((error) => fail(`Askew could not be loaded (${error.message}). Reload the page to try again.`));
  } else {
    fail("This page needs a browser from 2023 or later (WebAssembly with SIMD): update yours, or open the page in another.");
  }
}
