import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { Provider } from 'urql';
import { useLocation } from 'wouter';
import { createBrowserClient } from './browser-client.ts';
import { paths } from './paths.ts';

interface SignInState {
  /** Somebody else is asking from now on, or nobody: forgets all that was read. */
  changed: () => void;
}

const Context = createContext<SignInState | null>(null);

/** Provides the client of whoever is signed in, and sends people to sign in when they no longer are. */
export function SignInProvider({ children }: { children: ReactNode }) {
  const [generation, setGeneration] = useState(0);
  const [, navigate] = useLocation();
  const changed = useCallback(() => setGeneration((before) => before + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation is a new client
  const client = useMemo(
    () =>
      createBrowserClient(() => {
        setGeneration((before) => before + 1);
        navigate(paths.signIn(location.pathname + location.search), { replace: true });
      }),
    [generation, navigate],
  );
  return (
    <Context value={useMemo(() => ({ changed }), [changed])}>
      <Provider value={client} key={generation}>
        {children}
      </Provider>
    </Context>
  );
}

export function useSignInState(): SignInState {
  const state = useContext(Context);
  if (!state) throw new Error('There is no SignInProvider.');
  return state;
}
