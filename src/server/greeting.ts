// What the terminal shows once the server runs.
import { renderUnicodeCompact } from 'uqr';
import type { Server } from './main.ts';

export function greeting({ url, lan, inviteLink }: Server): string {
  const link = inviteLink();
  const local = `
Packtrail is running. This is the demo market: invented medicines, and nothing here reaches a national system.

  Open         ${url}
  Demo shelf   ${(lan ?? { url }).url}/demo   (packs to point the camera at)
  Enrol        ${link}
               This link works once, for 15 minutes. Another one: npx packtrail invite
`;
  return `${local}${lan ? phoneWords(lan, link) : ''}
  Stop with Ctrl+C.
`;
}

function phoneWords({ url, authority }: NonNullable<Server['lan']>, link: string): string {
  const trust = authority
    ? `
  Phone, once: open ${authority.pageUrl} and install the certificate.
  Its SHA-256 fingerprint: ${authority.fingerprint}

${qr(authority.pageUrl)}
`
    : '';
  return `${trust}
  Phone, then: open ${url} by this code. It enrols the phone, once.

${qr(link)}
`;
}

export function qr(text: string): string {
  return renderUnicodeCompact(text, { border: 2 });
}
