// Four-cornered shapes in a picture: hulls, the quad around a hull, and the projective map of a square onto a quad.

export type Point = { readonly x: number; readonly y: number };
/** Whole pixels of a picture. */
export type Box = {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
};
/** In order around the shape. */
export type Quad = readonly [Point, Point, Point, Point];

/** Andrew's monotone chain: the convex hull, clockwise on a screen. */
export function hullOf(points: readonly Point[]): readonly Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const half = (ordered: readonly Point[]) => {
    const chain: Point[] = [];
    for (const point of ordered) {
      for (;;) {
        const [a, b] = [chain.at(-2), chain.at(-1)];
        if (!a || !b || cross(a, b, point) > 0) break;
        chain.pop();
      }
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.toReversed())];
}

function cross(o: Point, a: Point, b: Point): number {
  return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

/**
 * The quad around a hull that adds little area: takes away, one by one, the side whose neighbours meet soonest beyond
 * it. Undefined where the hull has fewer than four sides.
 */
export function quadAround(hull: readonly Point[]): Quad | undefined {
  const corners = [...hull];
  while (corners.length > 4) {
    let best: { index: number; area: number; meet: Point } | undefined;
    for (let i = 0; i < corners.length; i++) {
      const [before, from, to, after] = [-1, 0, 1, 2].map((k) => around(corners, i + k));
      if (!before || !from || !to || !after) return undefined;
      const meet = intersection(before, from, after, to);
      if (!meet) continue;
      const area = Math.abs(cross(from, to, meet)) / 2;
      if (!best || area < best.area) best = { index: i, area, meet };
    }
    if (!best) return undefined;
    const next = (best.index + 1) % corners.length;
    corners[best.index] = best.meet;
    corners.splice(next, 1);
  }
  const [a, b, c, d] = corners;
  return a && b && c && d ? [a, b, c, d] : undefined;
}

function around<T>(values: readonly T[], index: number): T | undefined {
  return values[(index + values.length) % values.length];
}

/** Where the ray from a through b meets that from c through d, ahead of both. */
function intersection(a: Point, b: Point, c: Point, d: Point): Point | undefined {
  const [rx, ry, sx, sy] = [b.x - a.x, b.y - a.y, d.x - c.x, d.y - c.y];
  const determinant = rx * sy - ry * sx;
  if (Math.abs(determinant) < 1e-9) return undefined;
  const t = ((c.x - a.x) * sy - (c.y - a.y) * sx) / determinant;
  const u = ((c.x - a.x) * ry - (c.y - a.y) * rx) / determinant;
  return t >= 1 && u >= 1 ? { x: a.x + t * rx, y: a.y + t * ry } : undefined;
}

/** Maps the unit square's (0,0) (1,0) (1,1) (0,1) to the corners in order: eight numbers, x = (au+bv+c)/(gu+hv+1). */
export type Homography = readonly [number, number, number, number, number, number, number, number];

export function homographyTo([p, q, r, s]: Quad): Homography {
  const [dx1, dx2, dx3] = [q.x - r.x, s.x - r.x, p.x - q.x + r.x - s.x];
  const [dy1, dy2, dy3] = [q.y - r.y, s.y - r.y, p.y - q.y + r.y - s.y];
  const determinant = dx1 * dy2 - dx2 * dy1;
  const g = (dx3 * dy2 - dx2 * dy3) / determinant;
  const h = (dx1 * dy3 - dx3 * dy1) / determinant;
  return [
    ...([q.x - p.x + g * q.x, s.x - p.x + h * s.x, p.x] as const),
    ...([q.y - p.y + g * q.y, s.y - p.y + h * s.y, p.y] as const),
    ...([g, h] as const),
  ];
}

export function mapPoint([a, b, c, d, e, f, g, h]: Homography, u: number, v: number): Point {
  const w = g * u + h * v + 1;
  return { x: (a * u + b * v + c) / w, y: (d * u + e * v + f) / w };
}

/** The quad moved outwards (above 1) or inwards about its middle. */
export function scaledQuad(quad: Quad, factor: number): Quad {
  const [cx, cy] = [quad.reduce((sum, p) => sum + p.x, 0) / 4, quad.reduce((sum, p) => sum + p.y, 0) / 4];
  const [a, b, c, d] = quad.map(({ x, y }) => ({ x: cx + (x - cx) * factor, y: cy + (y - cy) * factor }));
  return a && b && c && d ? [a, b, c, d] : quad;
}

/** The smallest rectangle, however turned, around a hull. */
export function rectangleAround(hull: readonly Point[]): Quad | undefined {
  let best: { area: number; quad: Quad } | undefined;
  for (const [i, from] of hull.entries()) {
    const to = hull[(i + 1) % hull.length] ?? from;
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    if (length === 0) continue;
    const [cos, sin] = [(to.x - from.x) / length, (to.y - from.y) / length];
    const along = hull.map(({ x, y }) => x * cos + y * sin);
    const across = hull.map(({ x, y }) => y * cos - x * sin);
    const [left, right] = [Math.min(...along), Math.max(...along)];
    const [top, bottom] = [Math.min(...across), Math.max(...across)];
    const area = (right - left) * (bottom - top);
    if (best && area >= best.area) continue;
    const corner = (a: number, b: number): Point => ({ x: a * cos - b * sin, y: a * sin + b * cos });
    best = {
      area,
      quad: [corner(left, top), corner(right, top), corner(right, bottom), corner(left, bottom)],
    };
  }
  return best?.quad;
}

export function areaOf(quad: readonly Point[]): number {
  let twice = 0;
  for (const [i, corner] of quad.entries()) {
    const next = quad[(i + 1) % quad.length] ?? corner;
    twice += corner.x * next.y - next.x * corner.y;
  }
  return Math.abs(twice) / 2;
}

export function middleOf(points: readonly Point[]): Point {
  const n = Math.max(points.length, 1);
  return {
    x: points.reduce((sum, { x }) => sum + x, 0) / n,
    y: points.reduce((sum, { y }) => sum + y, 0) / n,
  };
}

/** The middle of a picture, no larger than that. */
export function centreBox(picture: Size, max: Size): Box {
  const width = Math.max(1, Math.min(picture.width, Math.round(max.width)));
  const height = Math.max(1, Math.min(picture.height, Math.round(max.height)));
  return { left: (picture.width - width) >> 1, top: (picture.height - height) >> 1, width, height };
}

type Size = { readonly width: number; readonly height: number };
