/** What all pages of the workbook look like: light and dark, one column of text, no colour alone. */
export const baseStyle = `
:root {
  --page: #fdfdfc; --ink: #1b1f24; --soft: #57606a; --rule: #d5d9de; --zone: #f3f4f2;
  --blue: #0b5cad; --orange: #b54708; --green: #0f7b4f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --ink: #e8eaed; --soft: #a4acb5; --rule: #3a4149; --zone: #1d2126;
    --blue: #6cb0ff; --orange: #ffa266; --green: #5fd39b;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.5rem 0 .5rem; }
p { max-width: 44rem; margin: .5rem 0; }
.lead { color: var(--soft); font-size: 1.1rem; }
a { color: var(--blue); }
`.trim();
