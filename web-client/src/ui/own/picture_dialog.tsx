// Cuts a square out of a picture and makes it small, here in the page. SPDX-License-Identifier: MIT
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Problem } from '../../model/ports';
import type { Account } from '../../model/views';
import { Button } from '../common/button';
import { Dialog } from '../common/dialog';
import { notice } from '../common/notices';
import { ProblemLine } from '../common/problem_line';
import { t } from '../texts';

const SHOWN = 256; // px of the canvas
const SAVED = 128;
const MOST_ZOOM = 4;
const STEP = 8; // px that an arrow key moves it
const QUALITY = 0.85;

interface View {
  zoom: number;
  x: number; // the picture's middle, from the canvas' middle
  y: number;
}

/** The picture always covers the whole square. */
function within({ zoom, x, y }: View, { width, height }: ImageBitmap): View {
  const scale = (SHOWN / Math.min(width, height)) * zoom;
  const keep = (at: number, size: number): number => {
    const room = Math.max(0, (size * scale - SHOWN) / 2);
    return Math.max(-room, Math.min(room, at));
  };
  return { zoom, x: keep(x, width), y: keep(y, height) };
}

function draw(canvas: HTMLCanvasElement, picture: ImageBitmap, { zoom, x, y }: View): void {
  const context = canvas.getContext('2d')!;
  const unit = canvas.width / SHOWN;
  const scale = (SHOWN / Math.min(picture.width, picture.height)) * zoom;
  const [width, height] = [picture.width * scale, picture.height * scale];
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  const [left, top] = [SHOWN / 2 + x - width / 2, SHOWN / 2 + y - height / 2];
  context.drawImage(picture, left * unit, top * unit, width * unit, height * unit);
}

/** WebP, or PNG where the browser writes no WebP. */
async function cutOut(picture: ImageBitmap, view: View): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SAVED;
  draw(canvas, picture, view);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/webp', QUALITY));
}

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP],
};

/** What will be seen of the picture, to be moved. */
function Cutting({ picture, view, onMove }: {
  picture: ImageBitmap; view: View; onMove(by: readonly [number, number]): void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => draw(canvas.current!, picture, view), [view]);
  return (
    <canvas class="picture" width={SHOWN} height={SHOWN} ref={canvas} tabIndex={0} role="img"
      aria-label={t('picture.preview')}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) onMove([event.movementX, event.movementY]);
      }}
      onKeyDown={(event) => {
        const by = MOVES[event.key];
        if (!by) return;
        event.preventDefault();
        onMove(by);
      }} />
  );
}

export function PictureDialog({ account, picture, onClose }: {
  account: Account; picture: ImageBitmap; onClose(): void;
}) {
  const [view, setView] = useState<View>({ zoom: 1, x: 0, y: 0 });
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const change = (part: (view: View) => Partial<View>): void =>
    setView((before) => within({ ...before, ...part(before) }, picture));
  const move = (by: readonly [number, number]): void => change(({ x, y }) => ({ x: x + by[0], y: y + by[1] }));

  useEffect(() => () => picture.close(), []);

  const save = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const small = await cutOut(picture, view);
    const found = small ? await account.own.setIcon(small) : { kind: 'other' as const, detail: '' };
    setBusy(false);
    setProblem(found);
    if (found) return;
    notice(t('picture.saved'));
    onClose();
  };

  return (
    <Dialog title={t('picture.title')} onClose={onClose} onSubmit={() => void save()} footer={
      <>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button kind="primary" type="submit" isBusy={isBusy}>{t('common.save')}</Button>
      </>
    }>
      <p class="soft">{t('picture.about')}</p>
      <Cutting picture={picture} view={view} onMove={move} />
      <label class="zoom">
        <span>{t('picture.zoom')}</span>
        <input type="range" min="1" max={MOST_ZOOM} step="0.05" value={view.zoom}
          onInput={(event) => {
            const zoom = Number(event.currentTarget.value);
            change((before) => ({ zoom, x: (before.x * zoom) / before.zoom, y: (before.y * zoom) / before.zoom }));
          }} />
      </label>
      <ProblemLine problem={problem} />
    </Dialog>
  );
}
