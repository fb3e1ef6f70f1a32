// Loads and starts the app. trunk names the files in data attributes of our own script element.
// The one thing it offers to Rust is `podarium.loadEditor()`: the code editor is a chunk of its own,
// fetched when somebody asks for it, so that it never delays the first paint.

globalThis.podarium = { loadEditor: () => import("./editor/editor.js") };

/** What is read first is painted first: the program does not share the network with it. A hidden tab never paints. */
const painted = () =>
  new Promise((done) => {
    if (document.hidden || !globalThis.PerformanceObserver?.supportedEntryTypes?.includes("paint")) done();
    else new PerformanceObserver(done).observe({ type: "paint", buffered: true });
  });

function explain(error) {
  console.error(error);
  const note = document.getElementById("skeleton-note");
  if (!note) return;
  const wasmIsMissing = typeof WebAssembly !== "object";
  note.setAttribute("role", "alert");
  note.textContent = wasmIsMissing
    ? "This browser has no WebAssembly, and Podarium's cluster is written in it. Any current browser will do."
    : "Podarium could not start: a part of the page did not arrive, or is from another version. ";
  if (wasmIsMissing) return;
  const again = document.createElement("button");
  again.textContent = "Reload";
  again.addEventListener("click", () => location.reload());
  note.append(again);
}

try {
  await painted();
  const { js, wasm } = document.getElementById("boot").dataset;
  const { default: init } = await import(new URL(js, document.baseURI));
  // Runs main(), which mounts the page in the skeleton's place.
  await init({ module_or_path: new URL(wasm, document.baseURI) });
} catch (error) {
  explain(error);
}
