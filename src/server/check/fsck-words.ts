// What fsck found, for a person: what was there, what was compared, then one line that says all is well or what is
// wrong first.
import type { FsckReport } from './fsck.ts';
import type { LogCounts } from './log-check.ts';

export function fsckLines({ place, log, snapshots, fault, notes }: FsckReport): string[] {
  const lines = [place];
  if (log) lines.push(`${log.origin}: ${log.size} entries, root ${log.root}`, `  compared ${compared(log)}`);
  if (snapshots) {
    const { read, gone } = snapshots.manifests;
    lines.push(
      `${snapshots.origin}: ${snapshots.counts.entries} leaves, ${read} manifests read, ${gone} swept away`,
    );
    lines.push(`  compared ${compared(snapshots.counts)}, ${snapshots.pages.read} pages and bundles`);
  }
  lines.push(...notes.map((note) => `note: ${note}`));
  if (!fault) return [...lines, 'OK: everything leads to the signed root.'];
  const where = fault.place === place ? fault.path : `${fault.place}${fault.path}`;
  return [...lines, `WRONG: ${where}: ${fault.words}`];
}

function compared({ entries, bundles, tiles, checkpoints }: LogCounts): string {
  return `${entries} entries in ${bundles} bundles, ${tiles} tiles, ${checkpoints} checkpoints`;
}
