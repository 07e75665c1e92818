// Starts a WebAssembly app: the page, or a part of it that a screen needs. The script element names its files in
// data-script and data-code, and receives a "started" or "error" event. If no listener handles the error, its message
// is shown as the page's text, because the page would stay empty otherwise.
{
  const element = document.currentScript;
  const { script, code } = element.dataset;
  // A module with a SIMD instruction. A browser that rejects it cannot run the apps.
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
