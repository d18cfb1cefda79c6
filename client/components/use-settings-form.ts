import { useState } from 'react';

/** Settings as they were read, with the version that a change of them names. */
interface Settings {
  id: string;
  version: number;
}

export interface SettingsForm<Read, Draft> {
  /** What the person began with: what others do meanwhile is told, and not overwritten. */
  begun: Read;
  /** What is typed over it, and nothing else. */
  draft: Partial<Draft>;
  isTouched: boolean;
  change: (fields: Partial<Draft>) => void;
  /** Forgets what is typed, and begins with what there is now. */
  startOver: () => void;
}

/** Settings that are saved together. As long as nothing is typed, what others do shows at once. */
export function useSettingsForm<Read extends Settings, Draft extends object>(
  read: Read,
): SettingsForm<Read, Draft> {
  const [begun, setBegun] = useState(read);
  const [draft, setDraft] = useState<Partial<Draft>>({});
  const isTouched = Object.keys(draft).length > 0;
  if (!isTouched && begun !== read) setBegun(read);
  return {
    begun,
    draft,
    isTouched,
    change(fields) {
      const after = Object.entries({ ...draft, ...fields });
      const changed = after.filter(([name, value]) => begun[name as keyof Read] !== value);
      setDraft(Object.fromEntries(changed) as Partial<Draft>);
    },
    startOver() {
      setDraft({});
      setBegun(read);
    },
  };
}
