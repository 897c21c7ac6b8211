import { describe, expect, it } from 'vitest';
import { toCameraError } from '../../src/adapters/camera.ts';
import { openingConstraints, readAbilities, settingConstraints } from '../../src/adapters/camera-track.ts';
import { CameraError } from '../../src/app/ports-scan.ts';

describe('what getUserMedia throws', () => {
  it.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'absent'],
    ['OverconstrainedError', 'absent'],
    ['NotReadableError', 'in-use'],
    ['SecurityError', 'insecure'],
    ['AbortError', 'failed'],
    ['TypeError', 'failed'],
  ])('%s becomes %s', (name, code) => {
    const cause = new DOMException('', name);
    expect(toCameraError(cause)).toMatchObject({ code, cause });
  });

  it('keeps what is a CameraError already', () => {
    const error = new CameraError('absent');
    expect(toCameraError(error)).toBe(error);
  });

  it('takes things that are no errors', () => {
    expect(toCameraError('no').code).toBe('failed');
    expect(toCameraError(undefined).code).toBe('failed');
  });
});

const UNSET = { torch: undefined, zoom: undefined, focus: undefined };

describe('a track', () => {
  const phone = {
    torch: true,
    zoom: { min: 1, max: 8, step: 0.5 },
    focusMode: ['manual', 'continuous', 'single-shot'],
  };

  it('is asked to look away from the user, unless one is named', () => {
    expect(openingConstraints(undefined).video).toMatchObject({ facingMode: { ideal: 'environment' } });
    expect(openingConstraints('abc').video).toMatchObject({ deviceId: { exact: 'abc' } });
  });

  it('tells what it can do', () => {
    expect(readAbilities(phone, { pointsOfInterest: true })).toEqual({
      ...{ hasTorch: true, zoom: phone.zoom, focusesContinuously: true, focusesAtPoint: true },
    });
    expect(readAbilities(phone, {}).focusesAtPoint).toBe(false);
    expect(readAbilities({ torch: [false, true] }, {}).hasTorch).toBe(true);
  });

  it.each([
    [undefined],
    [{}],
    [{ torch: false, zoom: { min: 1, max: 1, step: 1 }, focusMode: ['manual'] }],
    [{ torch: 'yes', zoom: { min: '1', max: Number.NaN }, focusMode: 'continuous' }],
  ])('that offers nothing can do nothing: %j', (capabilities) => {
    expect(readAbilities(capabilities, { pointsOfInterest: true })).toEqual({
      hasTorch: false,
      zoom: undefined,
      focusesContinuously: false,
      focusesAtPoint: false,
    });
  });

  it('keeps the torch on while zooming, within what it can', () => {
    expect(settingConstraints(readAbilities(phone, {}), { ...UNSET, torch: true, zoom: 20 })).toEqual({
      advanced: [{ focusMode: 'continuous', torch: true, zoom: 8 }],
    });
  });

  it('focuses on a point where it can, torch and zoom as they are', () => {
    const abilities = readAbilities(phone, { pointsOfInterest: true });
    const focus = { x: 0.25, y: 0.5 };
    expect(settingConstraints(abilities, { torch: true, zoom: 2, focus })).toEqual({
      advanced: [{ focusMode: 'single-shot', pointsOfInterest: [focus], torch: true, zoom: 2 }],
    });
    expect(settingConstraints(readAbilities(phone, {}), { ...UNSET, focus })).toEqual({
      advanced: [{ focusMode: 'continuous' }],
    });
  });

  it('is not bothered when there is nothing to set', () => {
    expect(settingConstraints(readAbilities({}, {}), { ...UNSET, torch: true, zoom: 2 })).toBeUndefined();
  });
});
