// Failures of the camera, of photos, of reading and of recording, each in the user's words.
import type { RecordFailure } from '../../app/outbox-model.ts';
import type { KeyError, StoreError } from '../../app/ports.ts';
import type { CameraError, DecoderError } from '../../app/ports-scan.ts';
import type { KeyedFailure, ScanFailure } from '../../app/scan-model.ts';
import { type Advice, EVENTS_KEPT, NOTHING_RECORDED } from './advice.ts';
import { problemWords } from './problems.ts';

export function scanFailureWords(failure: ScanFailure): Advice {
  switch (failure.kind) {
    case 'unreadable':
      return problemWords(failure.problem);
    case 'container':
      return {
        what: `This is the code of a pallet or shipping box (SSCC ${failure.sscc}): it names no pack.`,
        next: 'Scan the square codes of the packs in it. To record that it has come in, scan it while a list of packs is open.',
        kept: NOTHING_RECORDED,
      };
    case 'incomplete':
      return {
        what: 'The code holds product and serial, but not all of batch and expiry.',
        next: 'Type in what is missing from the print beside the code.',
        kept: 'What was read is kept below.',
      };
    case 'keyed':
      return keyedWords(failure.problem);
    case 'photo':
      return photoWords(failure.code);
    case 'no-code-in-photo':
      return {
        what: 'No code was found in this photo.',
        next: 'Take it again: closer, in even light, the square code sharp and whole. Or type the code.',
        kept: NOTHING_RECORDED,
      };
    case 'store':
      return {
        what: "This device's data could not be read from its storage, so the pack was not checked.",
        next: storeNext(failure.code),
        kept: EVENTS_KEPT,
      };
  }
}

function keyedWords(problem: KeyedFailure['problem']): Advice {
  const [what, next] = keyedSentences(problem);
  return { what, next, kept: NOTHING_RECORDED };
}

const SET_UP = 'Set the scanner up once: "This device", then "Handheld scanners".';

function keyedSentences(problem: KeyedFailure['problem']): readonly [string, string] {
  switch (problem) {
    case 'caps-lock':
      return [
        'Caps Lock is on, so capitals and small letters are mixed up.',
        'Switch Caps Lock off. Then scan again.',
      ];
    case 'keyboard-layout':
      return [
        'The scanner and this computer use different keyboard languages, so the code was garbled.',
        SET_UP,
      ];
    case 'scanner-unclear':
      return [
        'Several of the scanners set up here could have sent this, with different contents.',
        'Forget those that are no longer used: "This device", then "Handheld scanners".',
      ];
    case 'not-loaded':
      return [
        'A part of the app that reads scanners is not on this device yet.',
        'Go online, then scan again.',
      ];
  }
}

export function cameraWords(code: CameraError['code']): Advice {
  return { ...cameraSentences(code), kept: 'Typing, a photo and a scanner work without the camera.' };
}

function cameraSentences(code: CameraError['code']): Omit<Advice, 'kept'> {
  switch (code) {
    case 'denied':
      return {
        what: 'The camera is not allowed for this app.',
        next: "Allow the camera in the browser's settings for this site (the icon beside the address), then start it again.",
      };
    case 'absent':
      return {
        what: 'This device has no camera that the app can use.',
        next: 'Use a photo or a scanner, or type the code.',
      };
    case 'in-use':
      return {
        what: 'Another app is using the camera.',
        next: 'Close the other app or tab, then start the camera again.',
      };
    case 'insecure':
      return {
        what: 'The browser gives the camera only to a secure address (https).',
        next: 'Open Packtrail by its https address. To reach it from a phone, start the server with --lan.',
      };
    case 'failed':
      return {
        what: 'The camera stopped working.',
        next: 'Start it again. If it stays, restart the device.',
      };
  }
}

export function photoWords(code: DecoderError['code']): Advice {
  switch (code) {
    case 'not-an-image':
      return {
        what: 'This file is not a picture that the app can read.',
        next: 'Choose a JPEG, PNG or WebP photo.',
        kept: NOTHING_RECORDED,
      };
    case 'too-large':
      return {
        what: 'This picture is too large.',
        next: 'Take a photo of the square code alone, or choose a smaller picture.',
        kept: NOTHING_RECORDED,
      };
    case 'failed':
      return {
        what: 'The picture could not be read.',
        next: 'Try again, or take another photo. Or type the code.',
        kept: NOTHING_RECORDED,
      };
  }
}

export function recordFailureWords(failure: RecordFailure): Advice {
  switch (failure.kind) {
    case 'store':
      return {
        what: storeWhat(failure.code),
        next: storeNext(failure.code),
        kept: NOTHING_RECORDED,
      };
    case 'key':
      return { ...keySentences(failure.code), kept: NOTHING_RECORDED };
    case 'not-allowed':
      return { ...notAllowed(failure.why), kept: NOTHING_RECORDED };
  }
}

function storeWhat(code: StoreError['code']): string {
  switch (code) {
    case 'full':
      return 'Not recorded: the storage of this device is full.';
    case 'refused':
      return 'Not recorded: the browser refuses to store anything for this site.';
    case 'damaged':
      return 'Not recorded: the stored data of this app is damaged.';
    case 'failed':
      return 'Not recorded: the storage of this device did not answer.';
    case 'replaced':
      return 'Not recorded: this device has been enrolled anew since this page was opened.';
  }
}

function storeNext(code: StoreError['code']): string {
  switch (code) {
    case 'full':
      return 'Free some space on the device and try again. Until then, note the code of the pack.';
    case 'refused':
      return 'Leave private browsing, or allow this site to store data. Until then, note the code of the pack.';
    case 'damaged':
      return 'Send what waits in the outbox, then ask your administrator to enrol this device again.';
    case 'failed':
      return 'Try again. If it stays, close the app and open it again.';
    case 'replaced':
      return 'Reload this page, then scan the pack again. What was recorded before is kept and still sent.';
  }
}

function keySentences(code: KeyError['code']): Omit<Advice, 'kept'> {
  switch (code) {
    case 'unsupported':
      return {
        what: 'Not recorded: this browser cannot sign events.',
        next: 'Update the browser, or use another device.',
      };
    case 'lost':
      return {
        what: "Not recorded: this device's key is gone.",
        next: 'Enrol the device again with a new link from your administrator.',
      };
    case 'failed':
      return { what: 'Not recorded: the event could not be signed.', next: 'Try again.' };
  }
}

type NotAllowed = Extract<RecordFailure, { kind: 'not-allowed' }>['why'];

function notAllowed(why: NotAllowed): Omit<Advice, 'kept'> {
  switch (why) {
    case 'role':
      return { what: 'Not recorded: your site may not do this.', next: 'Ask your administrator.' };
    case 'product':
      return {
        what: 'Not recorded: this device may not act on this product.',
        next: 'Use another device of your site, or ask your administrator to enrol this one for the product.',
      };
    case 'state':
      return {
        what: 'Not recorded: the state of the pack does not allow this.',
        next: 'Scan the pack again to see its newest state.',
      };
    case 'handed-over':
      return {
        what: 'Not undone: a pack that has left stays as it was recorded.',
        next: 'If it comes back, put it aside for destruction; it may not be supplied again (Art. 13).',
      };
    case 'unknown-pack':
    case 'unknown-batch':
      return {
        what: 'Not recorded: the ledger holds no such pack.',
        next: 'Put the pack aside and inform the authority.',
      };
    case 'already-commissioned':
      return { what: 'Not recorded: the pack is already in the ledger.', next: 'Nothing needs to be done.' };
    case 'not-active':
      return {
        what: 'Not recorded: the pack is no longer active.',
        next: 'Scan it again to see its newest state.',
      };
    case 'batch-mismatch':
    case 'expiry-mismatch':
      return {
        what: 'Not recorded: batch or expiry is not what the maker registered.',
        next: 'Compare the code with the print and scan again; if it stays, put the pack aside and inform the authority.',
      };
    case 'recalled':
      return { what: 'Not recorded: the batch is recalled.', next: 'Put the pack into quarantine.' };
    case 'withdrawn':
      return { what: 'Not recorded: the product is withdrawn.', next: 'Put the pack into quarantine.' };
    case 'expired':
      return { what: 'Not recorded: the pack has expired.', next: 'Put it with those to be destroyed.' };
    case 'not-locked':
      return {
        what: 'Not recorded: the pack is not locked.',
        next: 'Scan it again to see its newest state.',
      };
    case 'alert-open':
      return {
        what: 'Not recorded: an alert is open on this pack.',
        next: 'Do not hand it on. Open Alerts, find the cause, and close the alert or pass it on.',
      };
    case 'misread':
      return {
        what: 'Not recorded: the code was probably not read as it is printed.',
        next: 'See what the card says about the cause, then read the code again.',
      };
    case 'opened':
      return {
        what: 'Not undone: the pack was opened.',
        next: 'An opened pack stays supplied; use what is left of it without checking it again.',
      };
    case 'undo-not-possible':
      return {
        what: 'Not undone: the state of the pack does not rest on what was recorded here.',
        next: 'Put the pack aside, scan it again, and open its journey: what this site did can be undone there.',
      };
    case 'undo-elsewhere':
      return {
        what: 'Not undone: it was recorded at another location.',
        next: 'Only the site that recorded it can undo it.',
      };
    case 'undo-too-late':
      return {
        what: 'Not undone: the 10 days for an undo are over.',
        next: 'Put the pack aside for destruction.',
      };
  }
}
