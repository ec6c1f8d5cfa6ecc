/** The mark of Docmill. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" fill="#1f4ea8" />
      <path fill="#fff" d="M9 5h9.500l5.500 5.500V27H9z" />
      <path
        fill="none"
        stroke="#1f4ea8"
        strokeWidth="1.8"
        strokeLinejoin="round"
        strokeLinecap="round"
        d="M18.500 5v5.500H24M12.500 15h8M12.500 19h8M12.500 23h4.500"
      />
    </svg>
  );
}
