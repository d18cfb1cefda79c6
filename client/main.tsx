import './styles/base.css';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Routes } from './routes.tsx';
import { SignInProvider } from './sign-in-state.tsx';
import { Toasts } from './ui/Toast.tsx';
import './ui/use-stay.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root.');
createRoot(root).render(
  <StrictMode>
    {/* The server's policy forbids style elements, so the library must not write any. */}
    <CSPProvider disableStyleElements>
      <SignInProvider>
        <Routes />
      </SignInProvider>
      <Toasts />
    </CSPProvider>
  </StrictMode>,
);
