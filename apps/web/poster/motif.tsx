import type { Motif, PosterLook } from './look.ts'

/** The drawing of a poster, 120 by 160; the motif depends on the genre. */
export function MotifDrawing({ look }: { look: PosterLook }) {
  const Drawing = drawings[look.motif]
  return (
    <svg
      class="poster-motif"
      viewBox="0 0 120 160"
      preserveAspectRatio="xMidYMax slice"
      aria-hidden="true"
    >
      <g transform={look.flipped ? 'translate(120 0) scale(-1 1)' : undefined}>
        <Drawing variation={look.variation} />
      </g>
    </svg>
  )
}

/** Upper edge of the ground on which a credit is legible, whatever is drawn above it. */
const horizon = 128

function Ground() {
  return <path class="poster-motif-ground" d={`M0 ${horizon}h120v40H0z`} />
}

type Drawing = (props: { variation: number }) => preact.JSX.Element

const count = (length: number) => Array.from({ length }, (_, index) => index)

const drawings: Readonly<Record<Motif, Drawing>> = {
  spot: ({ variation }) => (
    <circle cx={64 + variation * 40} cy={118 + variation * 16} r={34 + variation * 22} />
  ),
  pair: ({ variation }) => (
    <>
      <circle cx={40 + variation * 8} cy="122" r="30" />
      <circle class="poster-motif-soft" cx={78 - variation * 6} cy={118 + variation * 8} r="30" />
    </>
  ),
  sunrise: ({ variation }) => (
    <>
      <circle cx={40 + variation * 40} cy={horizon} r={32 + variation * 16} />
      <Ground />
      <path d={`M0 ${horizon}h120v2H0z`} />
    </>
  ),
  peaks: ({ variation }) => (
    <>
      <path
        class="poster-motif-soft"
        d={`M-20 160 ${20 + variation * 40} ${98 - variation * 22} 106 160z`}
      />
      <path
        d={`M${50 - variation * 40} 160 ${96 - variation * 6} ${88 + variation * 26} 150 160z`}
      />
    </>
  ),
  teeth: ({ variation }) => (
    <path
      d={`M0 160V${124 + variation * 12}${count(6)
        .map(
          (index) =>
            `L${index * 20 + 10} ${98 + variation * 18 + (index % 2) * 14}L${index * 20 + 20} ${132 + variation * 8}`,
        )
        .join('')}V160z`}
    />
  ),
  beams: ({ variation }) => (
    <>
      <path
        d={`M${-10 + variation * 20} 160 120 ${70 + variation * 20}v28L${40 + variation * 20} 160z`}
      />
      <path
        class="poster-motif-soft"
        d={`M${64 + variation * 10} 160 120 ${116 + variation * 8}v22l-24 22z`}
      />
    </>
  ),
  rings: ({ variation }) => (
    <>
      <g class="poster-motif-lines">
        {count(6).map((index) => (
          <circle
            key={index}
            cx={24 + variation * 76}
            cy={horizon + index * (variation - 0.5) * 3}
            r={6 + index * (7 + variation * 5)}
          />
        ))}
      </g>
      <Ground />
    </>
  ),
  arcs: ({ variation }) => (
    <>
      <g class="poster-motif-lines poster-motif-thick">
        {count(3).map((index) => (
          <circle key={index} cx={20 + variation * 40} cy={horizon} r={15 + index * 17} />
        ))}
      </g>
      <Ground />
    </>
  ),
  curtain: ({ variation }) => (
    <>
      {count(5).map((index) => (
        <path
          key={index}
          class={index % 2 ? 'poster-motif-soft' : undefined}
          d={`M${index * 24} 160V${horizon - index * (3 + variation * 8)}h24V160z`}
        />
      ))}
    </>
  ),
  stripes: ({ variation }) => (
    <>
      {count(5).map((index) => (
        <path
          key={index}
          d={`M${variation * 30} ${horizon - 52 + index * 11}h120v${2 + index * 1.2}h-120z`}
        />
      ))}
    </>
  ),
  checks: ({ variation }) => (
    <>
      {count(12).map((index) => {
        const row = Math.floor(index / 3)
        const column = (index % 3) * 2 + (row % 2)
        return (
          <path
            key={index}
            d={`M${column * 20} ${horizon - 72 + variation * 8 + row * 16}h20v16h-20z`}
          />
        )
      })}
    </>
  ),
  bars: ({ variation }) => (
    <>
      {count(8).map((index) => {
        const height = 14 + 38 * Math.abs(Math.sin((index + 1) * (1.1 + variation)))
        return <path key={index} d={`M${8 + index * 13.5} ${horizon}v${-height}h8v${height}z`} />
      })}
      <path class="poster-motif-soft" d={`M0 ${horizon}h120v40H0z`} />
    </>
  ),
  moon: ({ variation }) => (
    <>
      <circle cx={86 + variation * 14} cy={104 + variation * 10} r={40 + variation * 8} />
      <path class="poster-motif-soft" d={`M0 160v-${20 + variation * 10}h120v60z`} />
    </>
  ),
  doors: ({ variation }) => (
    <>
      {count(3).map((index) => (
        <path
          key={index}
          class={index === 1 ? undefined : 'poster-motif-soft'}
          d={`M${10 + index * 35} 160v-${26 + variation * 22}a15 15 0 0 1 30 0v60z`}
        />
      ))}
    </>
  ),
  smile: ({ variation }) => (
    <path
      d={`M${14 - variation * 8} 104h${100 + variation * 16}a50 50 0 0 1 -${100 + variation * 16} 0z`}
    />
  ),
}
