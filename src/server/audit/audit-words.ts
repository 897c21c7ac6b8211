// What an auditor tells, in words for a person.
import type { AuditTold } from './audit-loop.ts';

export function auditLine(told: AuditTold): string {
  switch (told.event) {
    case 'replayed':
      return `  folded ${told.size} of ${told.of} entries`;
    case 'rebuilt':
      return `  manifest ${told.number} (leaf ${told.leaf}) over ${told.size} entries: the same bytes`;
    case 'carried':
      return `  manifest ${told.number} (leaf ${told.leaf}) is not published any more; it was found right while it was`;
    case 'attested':
      return `ATTESTED: every snapshot below ${told.size} of ${told.origin} that is not voided.\n${told.cosignature}`;
    case 'nothing-yet':
      return `OK: there is no snapshot yet in ${told.origin}.`;
    case 'unread':
      return `UNREAD: ${told.words}`;
    case 'fault':
      return [`NOT ATTESTED (${told.code}): ${told.words}`, ...(told.evidence ?? [])].join('\n');
  }
}
