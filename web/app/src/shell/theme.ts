import {
  Anchor,
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
} from "@mantine/core";

const brand: MantineColorsTuple = [
  "#eef3fc",
  "#dbe6f8",
  "#b6ccf1",
  "#8db0ea",
  "#6695e2",
  "#3f78d4",
  "#2f66c4",
  "#1f4ea8",
  "#1a428f",
  "#153673",
];

// The library's own dark greys, a little cooler.
const dark: MantineColorsTuple = [
  "#c9ccd4",
  "#b5bac6",
  "#8b92a3",
  "#697183",
  "#434a59",
  "#363c49",
  "#262b35",
  "#1d2027",
  "#181b21",
  "#121419",
];

export const theme = createTheme({
  primaryColor: "brand",
  primaryShade: { light: 7, dark: 6 },
  colors: { brand, dark },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  headings: {
    fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
    fontWeight: "650",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.3" },
      h2: { fontSize: "1.125rem", lineHeight: "1.4" },
      h3: { fontSize: "1rem", lineHeight: "1.4" },
    },
  },
  cursorType: "pointer",
  respectReducedMotion: true,
  // In running text the colour alone does not tell a link.
  components: { Anchor: Anchor.extend({ defaultProps: { underline: "always" } }) },
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    // Text on a tint of its own colour has too little contrast for small letters.
    const name = (input.color ?? input.theme.primaryColor).split(".")[0];
    const isTint = input.variant === "light" || input.variant === "subtle";
    return isTint && name ? { ...colors, color: `var(--docmill-on-tint-${name}, ${colors.color})` } : colors;
  },
});

// The library's own greys and reds miss the contrast of 4.5 to 1 that small text needs.
export const variables: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#566070",
    "--mantine-color-placeholder": "#6b7280",
    "--mantine-color-error": "#b42318",
    "--mantine-color-text": "#1b2230",
    "--mantine-color-anchor": colors.brand?.[7] ?? "",
    "--docmill-ground": "#f6f7f9",
    "--docmill-line": "#e3e6eb",
    "--docmill-on-tint-red": "#a31d1d",
    "--docmill-on-tint-green": "#17663b",
    "--docmill-on-tint-yellow": "#7a4a00",
    "--docmill-on-tint-orange": "#8a3d00",
    "--docmill-on-tint-gray": "#41495a",
    "--docmill-on-tint-brand": colors.brand?.[8] ?? "",
  },
  dark: {
    "--mantine-color-dimmed": "#a4adbb",
    "--mantine-color-placeholder": "#9aa3b2",
    "--mantine-color-error": "#ff9a92",
    "--mantine-color-anchor": colors.brand?.[3] ?? "",
    "--mantine-color-text": "#e6e8ed",
    "--docmill-ground": "#15171c",
    "--docmill-line": "#343944",
    "--docmill-on-tint-red": "#ffb0aa",
    "--docmill-on-tint-green": "#8fdcae",
    "--docmill-on-tint-yellow": "#f3cf8a",
    "--docmill-on-tint-orange": "#f8bd8f",
    "--docmill-on-tint-gray": "#c6ccd6",
    "--docmill-on-tint-brand": colors.brand?.[2] ?? "",
  },
});
