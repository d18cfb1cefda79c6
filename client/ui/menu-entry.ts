import type { ReactElement, ReactNode } from 'react';

export interface MenuAction {
  label: string;
  onSelect: () => void;
  danger?: boolean;
  disabled?: boolean;
}

export interface MenuLink {
  label: string;
  /** Where it goes: `<Link href="…" />`. */
  link: ReactElement;
}

/** One of several, of which one is chosen. */
export interface MenuChoice {
  choice: string;
  value: string;
  options: readonly { value: string; label: string; hint?: ReactNode }[];
  onChange: (value: string) => void;
}

/** A line to read. */
export interface MenuNote {
  note: string;
}

export type MenuEntry = MenuAction | MenuLink | MenuChoice | MenuNote | 'separator';
