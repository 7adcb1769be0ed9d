import { Component, type ReactNode } from "react";
import { Problem } from "./states.tsx";

interface Props {
  readonly children: ReactNode;
}

/** A page that breaks says so, and leaves the header and the other pages alone. */
export class ErrorBoundary extends Component<Props, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <Problem
        title="This page stopped working"
        detail={this.state.error.message}
        hint="Load the page again. The other pages still work."
      />
    );
  }
}
