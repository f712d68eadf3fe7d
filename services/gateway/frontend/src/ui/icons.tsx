const PATHS = {
  ticket: "M4 7h16v3.500a1.500 1.500 0 0 0 0 3V17H4v-3.500a1.500 1.500 0 0 0 0-3zM14 7v10",
  calendar: "M5 6h14v14H5zM5 10h14M9 3v4M15 3v4",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20a7.500 7.500 0 0 1 15 0",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.500 4.500",
  pin: "M12 21s7-6.200 7-11.500a7 7 0 0 0-14 0C5 14.800 12 21 12 21zM12 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
  check: "M5 12.500l4.500 4.500L19 7.500",
  cross: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.500M12 7.500v.1",
  warn: "M12 4l9 16H3zM12 10v4.500M12 17v.1",
  wave: "M3 9a13 13 0 0 1 18 0M6 13a8.500 8.500 0 0 1 12 0M9 16.700a4 4 0 0 1 6 0M12 20v.1",
  bell: "M6 17V11a6 6 0 0 1 12 0v6l1.500 2h-15zM10 21.500h4",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  scan: "M4 8V4h4M20 8V4h-4M4 16v4h4M20 16v4h-4M4 12h16",
  chart: "M4 20V4M4 20h16M8 16l4-5 3 3 5-7",
  wheelchair:
    "M11 5.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM11 7v6h5l2.500 5M16 9.500h-5M8.500 11a5 5 0 1 0 6.500 7",
  shuffle:
    "M4 7h3c5 0 5 10 10 10h3M4 17h3c1.800 0 3-1.300 4-3M20 7h-3c-1.800 0-3 1.300-4 3M18 4.500L20.500 7 18 9.500M18 14.500l2.500 2.500-2.500 2.500",
};

export type IconName = keyof typeof PATHS;

/** Decoration beside words: hidden from screen readers. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
