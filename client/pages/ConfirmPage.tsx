import { useParams } from 'wouter';
import { AloneFrame } from '../components/AloneFrame.tsx';
import { ConfirmSession } from '../components/ConfirmSession.tsx';

/** Where confirm URLs and QR codes lead. For people who have never heard of Latchkey. */
export default function ConfirmPage() {
  const { linkToken = '' } = useParams();
  return <ConfirmSession linkToken={linkToken} frame={(parts) => <AloneFrame {...parts} />} />;
}
