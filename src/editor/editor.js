// The code editor: CodeMirror with YAML, told by Rust what is wrong, what could be completed and what a field
// means. Loaded after the first paint; until then, and if it fails to load, a plain textarea does its work.
import { EditorState, Annotation } from "@codemirror/state";
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
  tooltips,
} from "@codemirror/view";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { yaml } from "@codemirror/lang-yaml";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { tags } from "@lezer/highlight";

// Marks changes that came from the page and not from a person.
const fromPage = Annotation.define();

// Colours are the page's own, so that paper and night need no second theme.
const look = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--panel)", fontSize: "var(--text-s)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { color: "var(--muted)", backgroundColor: "var(--panel)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent-soft) 60%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--accent-soft)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent)",
  },
  ".cm-selectionMatch": { backgroundColor: "var(--change-soft)" },
  ".cm-tooltip": {
    color: "var(--ink)",
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius-s)",
    maxWidth: "min(34rem, 90vw)",
  },
  ".cm-tooltip-autocomplete ul li": { padding: "3px 8px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: "0.85" },
  ".cm-diagnostic": { padding: "4px 8px", whiteSpace: "pre-wrap" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--change)" },
  ".cm-diagnostic-info": { borderLeft: "4px solid var(--accent)" },
  ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--sunk)" },
  ".cm-field-help": { padding: "8px 10px", fontFamily: "var(--sans)", whiteSpace: "pre-wrap" },
  ".cm-field-help b": { fontFamily: "var(--mono)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent-ink)" },
  { tag: [tags.string, tags.content], color: "var(--ink)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.atom, tags.bool, tags.null, tags.number], color: "var(--init)" },
  { tag: [tags.separator, tags.punctuation, tags.brace, tags.squareBracket], color: "var(--muted)" },
  { tag: tags.meta, color: "var(--side)" },
]);

// What Rust offers at a place, as CodeMirror wants it.
function completions(ask) {
  return (context) => {
    const found = JSON.parse(ask(context.state.doc.toString(), context.pos));
    if (!found || found.options.length === 0) return null;
    const word = context.state.sliceDoc(found.from, context.pos);
    if (!context.explicit && word === "") return null;
    return {
      from: found.from,
      options: found.options.map(({ label, detail, info, insert }) => ({
        label,
        detail,
        info: info || undefined,
        apply: insert || undefined,
        type: "property",
      })),
      validFor: /^[\w.\-/]*$/,
    };
  };
}

function fieldHelp(ask) {
  return hoverTooltip((view, pos) => {
    const found = JSON.parse(ask(view.state.doc.toString(), pos));
    if (!found) return null;
    return {
      pos: found.from,
      end: found.to,
      above: true,
      create() {
        const dom = document.createElement("div");
        dom.className = "cm-field-help";
        const title = document.createElement("b");
        title.textContent = found.title;
        dom.append(title, `\n${found.text}`);
        return { dom };
      },
    };
  });
}

/**
 * Makes the editor in `parent`. `page` is what Rust offers: `text`, `label`, `changed(text)`, `apply()`,
 * `complete(text, pos)` and `hover(text, pos)`, the last two answering in JSON. Positions are in UTF-16 units.
 */
export function createEditor(parent, page) {
  const state = (text) =>
    EditorState.create({
      doc: text,
      extensions: [
        keymap.of([{ key: "Mod-Enter", preventDefault: true, run: () => (page.apply(), true) }]),
        lineNumbers(),
        EditorView.lineWrapping,
        lintGutter(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        highlightSpecialChars(),
        drawSelection(),
        history(),
        indentUnit.of("  "),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        highlightSelectionMatches(),
        yaml(),
        syntaxHighlighting(colours),
        autocompletion({ override: [completions(page.complete)] }),
        fieldHelp(page.hover),
        tooltips({ parent: document.body }),
        EditorView.contentAttributes.of({ "aria-label": page.label, "aria-describedby": "editor-help", tabindex: "0" }),
        EditorView.updateListener.of((update) => {
          const typed = update.transactions.some((it) => it.docChanged && !it.annotation(fromPage));
          if (typed) page.changed(update.state.doc.toString());
        }),
        look,
        // Tab indents; Escape, then Tab, leaves the editor: CodeMirror lets it through for two seconds.
        keymap.of([
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...lintKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...defaultKeymap,
          indentWithTab,
        ]),
      ],
    });
  const view = new EditorView({ parent, state: state(page.text) });
  const clip = (pos) => Math.max(0, Math.min(pos, view.state.doc.length));
  return {
    // Shows another text. It stays in the history, so that Undo brings back what was there.
    set(text) {
      if (text === view.state.doc.toString()) return;
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: text },
        selection: { anchor: 0 },
        scrollIntoView: true,
        annotations: fromPage.of(true),
      });
    },
    // Underlines mistakes: a JSON list of { from, to, severity, message }.
    diagnose(json) {
      const found = JSON.parse(json).map((it) => ({ ...it, from: clip(it.from), to: clip(it.to) }));
      view.dispatch(setDiagnostics(view.state, found));
    },
    go(pos) {
      view.dispatch({ selection: { anchor: clip(pos) }, effects: EditorView.scrollIntoView(clip(pos), { y: "center" }) });
      view.focus();
    },
    focus() {
      view.focus();
    },
    destroy() {
      view.destroy();
    },
  };
}
