import { Answer, useAnswer } from '../answers.tsx';
import { AccessTokensSection } from '../components/AccessTokensSection.tsx';
import { AppearanceSection } from '../components/AppearanceSection.tsx';
import { Refused } from '../components/Failure.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import { PasswordSection } from '../components/PasswordSection.tsx';
import { Sections } from '../components/Sections.tsx';
import { SignInsSection } from '../components/SignInsSection.tsx';
import { graphql } from '../gql/index.ts';
import { Row } from '../ui/Row.tsx';
import { CardRow, Section } from '../ui/Section.tsx';
import { CardSkeleton } from '../ui/Skeleton.tsx';

const Account = graphql(`
  query Account {
    viewer {
      email
      user { id name }
      ...SignInsSection_Viewer
      ...AccessTokensSection_Viewer
    }
  }
`);

export default function AccountPage() {
  const answer = useAnswer(Account, {});
  return (
    <>
      <PageHeader title="Account" operation={{ query: Account, variables: {} }} />
      <Answer of={answer} loading={<CardSkeleton rows={4} />}>
        {({ viewer }) => {
          if (!viewer) return <Refused />;
          return (
            <Sections>
              <Section card title="Profile">
                <CardRow>
                  <Row title={viewer.user.name} hint={viewer.email} />
                </CardRow>
              </Section>
              <AppearanceSection />
              <PasswordSection email={viewer.email} />
              <SignInsSection viewer={viewer} />
              <AccessTokensSection viewer={viewer} />
            </Sections>
          );
        }}
      </Answer>
    </>
  );
}
