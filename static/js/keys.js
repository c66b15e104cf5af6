/**
 * One key presses one control. The map is the list in the `?` sheet, so what is written there is what happens;
 * a control is whatever on the page carries `data-does`.
 */

const TEXT = "input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit]), textarea, select, [contenteditable]";

/** Held down, these go on; holding another must not answer case after case. */
const REPEATABLE = new Set(["+", "-"]);

/** A key event in the words of the map: one character, or the name of an arrow. */
function named(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

/** Whether the key belongs to what has the focus: text is being typed, or a list, slider or button is being worked. */
export function belongsElsewhere(event) {
  const focused = event.target;
  if (!(focused instanceof Element)) return false;
  if (focused.matches(TEXT)) return true;
  if (event.key.startsWith("Arrow")) return focused.matches("input[type=radio], input[type=range]");
  return event.key === " " && focused.matches("button, a, summary, input");
}

/** Listen for the keys of `sheet`, a dialog with `[data-key][data-presses]` rows. */
export function listen(sheet) {
  const presses = new Map();
  for (const row of sheet.querySelectorAll("[data-key]")) presses.set(row.dataset.key, row.dataset.presses);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.repeat && !REPEATABLE.has(named(event))) return;
    // Over an open sheet no letter decides anything, wherever the focus is: it may be meant for the note.
    if (belongsElsewhere(event) || document.querySelector("dialog[open], .say[open]")) return;
    const shifted = event.shiftKey && event.key.startsWith("Arrow");
    const name = presses.get(named(event));
    if (!name || shifted) return;
    const control = document.querySelector(`[data-does="${CSS.escape(name)}"]`);
    if (!control || control.disabled || control.hidden) return;
    event.preventDefault();
    control.click();
  });
}
