import type { Palette } from './style.ts'

const pixelRatio = 2

export interface Icon { name: string; image: ImageData; pixelRatio: number }

/** Every picture of an order: a diamond in the colour of its tone, larger for an emergency, hollow while nobody has it. */
export function orderIcons(p: Palette): Icon[] {
  const icons: Icon[] = []
  for (const tone of ['late', 'soon', 'calm', 'work'] as const) {
    for (const emergency of [false, true]) {
      for (const hollow of [false, true]) {
        icons.push({ name: iconName(tone, emergency, hollow), image: diamond(p, p[tone], emergency, hollow), pixelRatio })
      }
    }
  }
  return icons
}

export function iconName(tone: string, emergency: boolean, hollow: boolean): string {
  return `${tone}${emergency ? '-emergency' : ''}${hollow ? '-hollow' : ''}`
}

function diamond(p: Palette, color: string, emergency: boolean, hollow: boolean): ImageData {
  const side = (emergency ? 19 : 13) * pixelRatio
  const size = Math.ceil(side * 1.42 + 8 * pixelRatio)
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = size
  const c = canvas.getContext('2d')!
  c.translate(size / 2, size / 2)
  c.rotate(Math.PI / 4)
  c.shadowColor = 'rgba(0,0,0,.35)'
  c.shadowBlur = 3 * pixelRatio
  c.beginPath()
  c.roundRect(-side / 2, -side / 2, side, side, 3 * pixelRatio)
  c.fillStyle = p.ring
  c.fill()
  c.shadowColor = 'transparent'
  const inner = side - 3.6 * pixelRatio
  c.beginPath()
  c.roundRect(-inner / 2, -inner / 2, inner, inner, 2 * pixelRatio)
  if (hollow) {
    c.lineWidth = 2.6 * pixelRatio
    c.strokeStyle = color
    c.stroke()
  } else {
    c.fillStyle = color
    c.fill()
  }
  c.rotate(-Math.PI / 4)
  if (emergency) {
    c.fillStyle = hollow ? color : p.ring
    c.font = `800 ${13 * pixelRatio}px system-ui, sans-serif`
    c.textAlign = 'center'
    c.textBaseline = 'middle'
    c.fillText('!', 0, 0.5 * pixelRatio)
  }
  return c.getImageData(0, 0, size, size)
}
