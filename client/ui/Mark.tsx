/** Latchkey's mark: a key in a rounded square. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8.5" fill="#4353d9" />
      <circle cx="12.6" cy="12.6" r="4.7" fill="none" stroke="#fff" strokeWidth="2.8" />
      <path
        d="m16 16 8 8m-3.3 1.1 3.2-3.2"
        fill="none"
        stroke="#fff"
        strokeWidth="2.8"
        strokeLinecap="round"
      />
    </svg>
  );
}
