// /demo: the shelf of packs as a page without script, to point a phone at or to print.
import { SHELF, type ShelfItem } from '../../domain/demo/shelf.ts';
import { printedExpiry } from '../../domain/demo/shelf-print.ts';
import { shelfSvg } from './shelf-codes.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

export function shelfPage(): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="Invented medicine packs, one for each kind of answer that Packtrail gives.">
<title>Demo shelf - Packtrail</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/demo/shelf.css">
</head>
<body>
<header>
<h1>Demo shelf</h1>
<p>Invented packs, one for each kind of answer. Open <a href="/">Packtrail</a> on a phone and point its camera at a
square code, on this screen or printed. Nothing here is a medicine, and nothing reaches a national system.</p>
</header>
<main>
${SHELF.map(card).join('\n')}
</main>
<footer><p><a href="/">Open Packtrail</a></p></footer>
</body>
</html>
`;
}

function card(item: ShelfItem): string {
  const { productCode, serial, batch } = item.printed;
  const [scheme = '', code = ''] = productCode.split(':');
  const date = printedExpiry(item);
  const month = `20${date.slice(0, 2)}-${date.slice(2, 4)}`;
  const rows = [
    [scheme === 'ppn' ? 'PPN' : 'GTIN', code],
    ['SN', serial],
    ['Lot', batch],
    ['EXP', date.endsWith('00') ? month : `${month}-${date.slice(4)}`],
  ];
  return `<article id="${escapeHtml(item.id)}">
<h2>${escapeHtml(item.title)}</h2>
<div class="code" role="img" aria-label="DataMatrix code of ${escapeHtml(item.productName)}, ${escapeHtml(serial)}">
${shelfSvg(item)}
</div>
<p class="name">${escapeHtml(item.productName)}</p>
<dl>${rows.map(([name = '', value = '']) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>
</article>`;
}
