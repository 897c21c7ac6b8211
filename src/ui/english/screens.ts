// Words of the screens on the way from a pack to its verdict.
import type { AppMode } from '../../app/app-model.ts';
import type { DataState } from '../../app/sync-model.ts';
import { age, duration, moment } from './formats.ts';
import { WORKPLACE_WORDS } from './verdicts.ts';

export const HOME = {
  title: 'Check a medicine pack',
  subtitle: 'point the camera at the square code',
  camera: 'Open the camera',
  cameraHint: 'The browser asks before the camera starts. No picture leaves this device.',
  otherWays: 'Other ways',
  practise: 'Practise with a demo pack',
  scanner: 'Use a scanner',
  scannerHint:
    'Just scan. This page listens for a handheld scanner on every screen; nothing needs to be tapped.',
  type: 'Type the code',
  photo: 'From a photo',
  list: 'List of packs',
  outage: (isOut: boolean, attention: number) => {
    if (attention > 0) return `Outage: ${attention} to look at`;
    return isOut ? 'Outage declared' : 'Outage';
  },
  workplaceQuestion: 'Where do you work?',
  workplace: WORKPLACE_WORDS,
  workplaceHint: 'Decides which actions come first. Change it at any time.',
  practiceTitle: 'Practise with a demo pack',
  practiceIntro:
    'Invented packs that live in this browser alone. Tap one as if you had scanned it: supply an active pack, undo it, look at one that was supplied before.',
  practiceShelf: 'See them drawn with their codes, to point a phone at',
  practiceNone: 'Demo packs are there in practice only; this device is enrolled.',
  lastPacks: 'Last packs',
  opening: 'Opening…',
  back: 'Back',
};

export const SCAN = {
  checking: 'Checking the pack…',
  readingPhoto: 'Reading the photo…',
  title: 'Point the camera at the square code',
  starting: 'Starting the camera…',
  off: 'The camera is off.',
  start: 'Start the camera',
  retry: 'Start the camera again',
  torch: (isOn: boolean) => (isOn ? 'Torch is on' : 'Torch'),
  zoom: 'Zoom',
  camera: 'Camera',
  /** Some browsers keep the names of cameras to themselves. */
  cameraNumber: (number: number) => `Camera ${number}`,
  preview: 'Camera picture',
  close: 'Close the camera',
  photo: 'Photo',
  type: 'Type',
};

export const TYPED = {
  title: 'Type the code',
  intro: 'As printed beside the square code. Capital and small letters matter.',
  productCode: 'Product code',
  productCodeHint: 'GTIN, PPN or PZN',
  serial: 'Serial number',
  serialHint: 'Often marked SN',
  batch: 'Batch',
  batchHint: 'Often marked LOT or Ch.-B.',
  expiry: 'Expiry',
  expiryHint: 'Year and month, day if printed: 2031-10 or 2031-10-31',
  check: 'Check this pack',
  errors: {
    productCode: 'Type the product code: 13 or 14 digits, a PPN of 12 characters or a PZN of 8 digits.',
    serial: 'Type the serial number: up to 20 characters, no spaces.',
    batch: 'Type the batch: up to 20 characters, no spaces.',
    expiry: 'Type the expiry as year and month, 2031-10, with the day if it is printed, 2031-10-31.',
  },
  errorSummary: (count: number) => (count === 1 ? 'One field needs a look.' : `${count} fields need a look.`),
  incompleteTitle: 'Part of the code is missing',
  readTitle: 'Could not read this code',
  readText: 'What was read',
  tryAgain: 'Try again',
};

export const STATUS = {
  label: 'Status',
  dataOf: 'Data: ',
  home: 'Packtrail, first screen',
  practice: 'PRACTICE',
  practiceRest: 'nothing here reaches a national system',
  noNational: 'No national system connected - not a legal verification',
  national: (system: string) => `Connected to ${system}`,
  online: 'Online',
  offline: 'Offline',
  unsent: (count: number) => `${count} unsent`,
  attention: (count: number) => `${count} to look at`,
  alerts: (count: number) => (count === 1 ? 'One alert waits for you' : `${count} alerts wait for you`),
  list: (packs: number) =>
    `What is scanned goes onto the open list: ${packs} ${packs === 1 ? 'pack' : 'packs'}`,
  device: 'This device',
  data: (data: DataState, nowMs: number): { short: string; long: string; isOld: boolean } => {
    switch (data.kind) {
      case 'loading':
        return { short: '…', long: 'Looking for the data on this device', isOld: false };
      case 'none':
        return { short: 'no data yet', long: 'This device holds no data yet', isOld: true };
      case 'damaged':
        return {
          short: 'damaged',
          long: 'The data on this device is damaged and not used',
          isOld: true,
        };
      case 'held': {
        const isOld = nowMs > data.expiresMs;
        const time = moment(data.publishedMs, nowMs);
        const old = age(data.publishedMs, nowMs);
        if (data.isWithdrawn)
          return {
            short: 'withdrawn',
            long: `Data of ${time}, ${old}: withdrawn by its publisher, it may warn but vouches for nothing`,
            isOld: true,
          };
        const short = isOld ? `${old}: too old` : old;
        return {
          short,
          long: `Data of ${time}, ${old}${isOld ? ', too old to vouch for a pack' : ''}`,
          isOld,
        };
      }
    }
  },
  mode: (mode: AppMode): string => (mode.kind === 'practice' ? 'Practice' : mode.siteName),
};

export const NOTICES = {
  update: 'A new version is ready.',
  updateAct: 'Take it now',
  fork: 'The ledger showed two different histories.',
  forkAct: 'See the evidence',
  attention: (count: number) =>
    count === 1 ? 'One event needs your attention.' : `${count} events need your attention.`,
  attentionAct: 'Look',
  evictable: (count: number) =>
    `The browser may clear the storage that holds ${count === 1 ? 'one unsent event' : `${count} unsent events`}.`,
  damaged: 'Events recorded here can no longer be read.',
  missing: 'The ledger holds more events of this device than the device itself.',
  skew: (aheadMs: number) =>
    `The clock of this device is ${duration(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead' : 'behind'}. Set it right: events carry its time, and the days for an undo are counted by the ledger's.`,
  skewAct: 'Details',
};
