// What the terminal shows once the server runs.
import { renderUnicodeCompact } from 'uqr';
import type { Server } from './main.ts';

export function greeting({ url, lan, inviteLink }: Server, isTerminal: boolean): string {
  // The phone's link names an address that this machine's own browser has no certificate for.
  const link = lan ? inviteLink('pharmacy', url) : inviteLink();
  const local = `
Packtrail is running. This is the demo market: invented medicines, and nothing here reaches a national system.

  Open         ${url}
  Demo shelf   ${url}/demo   (packs to point the camera at)
  Enrol        ${link}
               This link works once, for 15 minutes. Another one: npx packtrail invite
`;
  return `${local}${lan ? phoneWords(lan, inviteLink(), isTerminal) : ''}
  Stop with Ctrl+C.
`;
}

function phoneWords({ authority }: NonNullable<Server['lan']>, link: string, isTerminal: boolean): string {
  const trust = authority
    ? `
  Phone, once: open ${authority.pageUrl} and install the certificate.
  Its SHA-256 fingerprint: ${authority.fingerprint}

${qr(authority.pageUrl, isTerminal)}
`
    : '';
  return `${trust}
  Phone, ${authority ? 'then' : 'in the same network'}: this code opens Packtrail and enrols the phone, once.

${qr(link, isTerminal)}
`;
}

/** White on black by name, so that it scans whatever the terminal's colours are. */
export function qr(text: string, isTerminal: boolean): string {
  const lines = renderUnicodeCompact(text, { border: 2 }).split('\n');
  const [start, end] = isTerminal ? ['\x1b[38;5;231;48;5;16m', '\x1b[0m'] : ['', ''];
  return lines.map((line) => `  ${start}${line}${end}`).join('\n');
}
