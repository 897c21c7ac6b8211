// The page /hand-in.html: sends a file to the ledger and shows what it answered to each event. The server checks
// everything; here a file is only read to put its events into words.
const WORDS = {
  accepted: 'Taken into the ledger.',
  duplicate: 'The ledger held it already.',
  conflict: 'Taken into the ledger, but not applied to every pack: the outbox of the device says why.',
  gap: 'Not taken: events before it are missing. Hand in all files of this device.',
  'broken-chain': 'Kept for the administrator: the ledger holds another event in its place.',
  'device-revoked': 'Kept for the administrator: this device has been shut out.',
  'bad-signature': 'Refused: the ledger knows no device that signed it.',
  malformed: 'Refused: it could not be read.',
  'wrong-market': 'Refused: it belongs to another market.',
  'not-your-site': 'Refused: it names another site than that of its device.',
  'operation-not-allowed': 'Refused: the site may not do this.',
  'product-not-allowed': 'Refused: the device may not act on this product.',
  refused: 'Refused by the administrator.',
  'undo-of-opened': 'Refused: a pack that was opened stays supplied.',
  'unknown-undo-target': 'Refused: what it undoes is not in the ledger.',
};
/** As the app's outbox names them. */
const OPERATIONS = {
  commission: 'Commissioned',
  pack: 'Packed into a container',
  ship: 'Shipped',
  receive: 'Received',
  supply: 'Supplied',
  destroy: 'Destroyed',
  export: 'Exported',
  sample: 'Taken as a sample',
  'free-sample': 'Given as a free sample',
  lock: 'Quarantined (locked)',
  unlock: 'Released from quarantine',
  stolen: 'Reported stolen',
  undo: 'Undone',
  recall: 'Batch recalled',
  withdraw: 'Product withdrawn',
  inspect: 'Spot-checked',
  verify: 'Checked',
  outage: 'Outage declared',
};
const SAID = {
  locked: 'the undo locked it, since somebody else had acted on it too. Keep it apart',
  unchanged: 'what was undone had only repeated an earlier record of that site, which stands',
  repeats: 'that site had recorded the same before, so it counts once',
};
/** As the app's outbox names them. */
const ALERTS = {
  A2: 'A2: batch not known',
  A3: 'A3: serial not known',
  A7: 'A7: already in that state',
  A24: 'A24: pack not active',
  A52: 'A52: another expiry date',
  A68: 'A68: another batch',
  'copied-serial': 'Copied serial: seen in two places',
};
const REFUSALS = {
  malformed: 'This is no file from a Packtrail outbox.',
  'too-large': 'The file is too large to be one from an outbox.',
  'too-many-requests': 'Too many files at once. Try again in a minute.',
};

const input = document.querySelector('#file');
const status = document.querySelector('#status');
const table = document.querySelector('#answers');

// Browsers say nothing when the file that is chosen is the same again, as after a failure.
input.addEventListener('click', () => {
  input.value = '';
});
input.addEventListener('change', async () => {
  const [file] = input.files;
  table.hidden = true;
  if (file) status.textContent = await handIn(file);
});

async function handIn(file) {
  status.textContent = 'Sending…';
  try {
    const body = await file.text();
    const options = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    const response = await fetch('/api/hand-in', options);
    const answer = await response.json();
    if (!response.ok)
      return REFUSALS[answer.error] ?? 'The ledger cannot take it at the moment. Try again in a minute.';
    const outbox = JSON.parse(body);
    show(outbox.events, answer.receipts);
    return `${counted(answer.receipts.length, 'event')} handed in. ${wholeness(outbox, answer.isWhole)}${alertHint(answer.receipts)}`;
  } catch {
    return 'The ledger could not be reached. Nothing was lost: hand the file in again.';
  }
}

function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function wholeness({ part, parts }, isWhole) {
  const which = parts > 1 ? `part ${part} of ${parts}` : 'the file';
  const said = isWhole
    ? `The device signed that ${which} is complete.`
    : `${which[0].toUpperCase()}${which.slice(1)} is not signed as complete: the device may hold more.`;
  return parts > 1 ? `${said} Hand in the other parts as well.` : said;
}

function alertHint(receipts) {
  const count = receipts.reduce((sum, { alerts = [] }) => sum + alerts.length, 0);
  if (count === 0) return '';
  return ` ${count === 1 ? 'One alert was' : `${count} alerts were`} raised: the site works through them under their ids, in the app.`;
}

function show(events, receipts) {
  const rows = receipts.map((receipt, i) => {
    const event = eventOf(events[i]);
    const packs = event.packs?.length ?? 0;
    const done = OPERATIONS[event.operation] ?? event.operation ?? '?';
    const kind = receipt.kind === 'rejected' ? receipt.reason : receipt.kind;
    const row = document.createElement('tr');
    const cells = [
      `No. ${event.sequence ?? '?'}`,
      packs === 0 ? done : `${done}, ${counted(packs, 'pack')}`,
      WORDS[kind] ?? `Refused: ${kind}.`,
    ].map((text) => element('td', text));
    cells[2].append(...toldOf(receipt, event));
    row.append(...cells);
    return row;
  });
  table.tBodies[0].replaceChildren(...rows);
  table.hidden = rows.length === 0;
}

/** What a person has to see of an event that was taken: nothing, mostly. */
function toldOf(receipt, { packs = [] }) {
  const nameOf = (pack) => (packs.length > 1 ? `${packs[pack]?.serial}: ` : '');
  const said = Object.entries(SAID).flatMap(([name, words]) =>
    (receipt[name] ?? []).map((pack) => [pack, `${nameOf(pack)}${words}.`]),
  );
  const alerts = (receipt.alerts ?? []).map(({ pack, kind, id }) => [
    pack,
    `${nameOf(pack)}Alert ${id}. ${ALERTS[kind] ?? kind}`,
  ]);
  if (said.length + alerts.length === 0) return [];
  const list = document.createElement('ul');
  const lines = [...said, ...alerts].sort(([one], [other]) => one - other);
  list.append(...lines.map(([, text]) => element('li', text)));
  return [list];
}

function element(name, textContent) {
  return Object.assign(document.createElement(name), { textContent });
}

function eventOf(signed) {
  try {
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(signed.bytes), (c) => c.charCodeAt(0))));
  } catch {
    return {};
  }
}
