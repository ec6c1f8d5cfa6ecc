import type { ReactNode } from "react";

interface IconProps {
  /** Side in pixels. */
  size?: number;
}

function Svg({ size = 20, children }: IconProps & { children: ReactNode }) {
  return (
    <svg
      width={size}
      style={{ flexShrink: 0 }}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const IconUpload = (props: IconProps) => (
  <Svg {...props}>
    <path d="M12 16V4m0 0L7 9m5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3" />
  </Svg>
);
export const IconFile = (props: IconProps) => (
  <Svg {...props}>
    <path d="M14 3H7a1 1 0 0 0-1 1v16a1 1 0 0 0 1 1h10a1 1 0 0 0 1-1V7zm0 0v4h4M9 13h6M9 17h4" />
  </Svg>
);
export const IconList = (props: IconProps) => (
  <Svg {...props}>
    <path d="M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01" />
  </Svg>
);
export const IconClose = (props: IconProps) => (
  <Svg {...props}>
    <path d="M6 6l12 12M18 6 6 18" />
  </Svg>
);
export const IconSun = (props: IconProps) => (
  <Svg {...props}>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v1m0 16v1M3 12h1m16 0h1M5.6 5.6l.7.7m11.4 11.4.7.7m0-12.8-.7.7M6.3 17.7l-.7.7" />
  </Svg>
);
export const IconMoon = (props: IconProps) => (
  <Svg {...props}>
    <path d="M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5z" />
  </Svg>
);
export const IconScreen = (props: IconProps) => (
  <Svg {...props}>
    <path d="M4 5h16v11H4zM9 20h6M12 16v4" />
  </Svg>
);
export const IconUser = (props: IconProps) => (
  <Svg {...props}>
    <circle cx="12" cy="8" r="4" />
    <path d="M4 20c1-4 4.500-6 8-6s7 2 8 6" />
  </Svg>
);
export const IconPlay = (props: IconProps) => (
  <Svg {...props}>
    <path d="M7 5v14l11-7z" />
  </Svg>
);
export const IconDownload = (props: IconProps) => (
  <Svg {...props}>
    <path d="M12 4v12m0 0 5-5m-5 5-5-5M4 20h16" />
  </Svg>
);
export const IconPlus = (props: IconProps) => (
  <Svg {...props}>
    <path d="M12 5v14M5 12h14" />
  </Svg>
);
export const IconTrash = (props: IconProps) => (
  <Svg {...props}>
    <path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5" />
  </Svg>
);
export const IconBack = (props: IconProps) => (
  <Svg {...props}>
    <path d="M15 5l-7 7 7 7" />
  </Svg>
);
export const IconCheck = (props: IconProps) => (
  <Svg {...props}>
    <path d="M5 12.500 10 17.500 19 7" />
  </Svg>
);
export const IconAlert = (props: IconProps) => (
  <Svg {...props}>
    <path d="M12 8v5m0 3.500v.01M10.300 4.300 2.600 18a2 2 0 0 0 1.700 3h15.400a2 2 0 0 0 1.700-3L13.700 4.300a2 2 0 0 0-3.400 0z" />
  </Svg>
);
export const IconCoins = (props: IconProps) => (
  <Svg {...props}>
    <ellipse cx="12" cy="6" rx="7" ry="3" />
    <path d="M5 6v6c0 1.700 3.100 3 7 3s7-1.300 7-3V6M5 12v6c0 1.700 3.100 3 7 3s7-1.300 7-3v-6" />
  </Svg>
);
export const IconPeople = (props: IconProps) => (
  <Svg {...props}>
    <circle cx="9" cy="8" r="3.500" />
    <path d="M2.500 20c.8-3.500 3.300-5 6.500-5s5.700 1.500 6.500 5M16 4.600a3.500 3.500 0 0 1 0 6.800M17.500 15.200c2.200.6 3.500 2.200 4 4.800" />
  </Svg>
);
