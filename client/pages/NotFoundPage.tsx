import { Link } from 'wouter';
import { PageHeader } from '../components/PageHeader.tsx';
import { paths } from '../paths.ts';
import { Empty } from '../ui/Empty.tsx';

export default function NotFoundPage() {
  return (
    <>
      <PageHeader title="There is nothing here" />
      <Empty
        title="This address leads nowhere"
        action={<Link href={paths.home()}>Go to your projects</Link>}
      >
        <p>It may have been mistyped, or what was here is gone.</p>
      </Empty>
    </>
  );
}
