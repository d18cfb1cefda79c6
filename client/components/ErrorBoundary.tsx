import { Component, type ReactNode } from 'react';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';

/** What a mistake of ours in a page leaves: the way back. Also where code no longer loads. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div role="alert">
        <Empty
          title="This page broke"
          action={<Button onClick={() => location.reload()}>Load it again</Button>}
        >
          <p>A newer version of the dashboard may be there, or you are offline.</p>
        </Empty>
      </div>
    );
  }
}
