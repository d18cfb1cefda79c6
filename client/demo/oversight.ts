/** What the owner sees of it, and how the owner stops it. */
import { readAnswer } from '../urql.ts';
import { describeLogEntry, describeSession } from './activity-lines.ts';
import type { Cast, Shop } from './cast.ts';
import { ReadActivity, StartSession, SwitchProject } from './documents.ts';
import { takeFound, takePayload, takeRefusal, UnexpectedAnswerError } from './story.ts';

/** The counters must be those of what was done before: three starts, two sign-ins, one cancelled. */
export async function readActivity({ story, owner }: Cast, { projectId }: Shop): Promise<void> {
  await story.step("Read the project's counters, sessions and log.", async (tell) => {
    const answer = readAnswer(await owner.query(ReadActivity, { projectId, first: 20 }));
    const { sessionCounts, authSessions, logs } = takeFound(answer.project, 'The project');
    const { pending, lifetime } = sessionCounts;
    const { started, confirmed, cancelled, expired, used } = lifetime;
    const counts = `${started} started, ${confirmed} confirmed, ${used} used, ${cancelled} cancelled, ${expired} expired, ${pending} pending`;
    tell({ counters: counts });
    tell({ sessions: authSessions.edges.map(({ node }) => describeSession(node)) });
    tell({ log: logs.edges.map(({ node }) => describeLogEntry(node)) });
    const isAsDone =
      [started, confirmed, used, cancelled, expired, pending].join() === '3,2,2,1,0,0';
    if (!isAsDone) throw new UnexpectedAnswerError('The counters are not those of what was done.');
  });
}

/** Switching off takes the version that was read, works at once, and is not undone by accident. */
export async function switchOff(cast: Cast, { projectId, version, secret }: Shop): Promise<void> {
  const { story, owner } = cast;
  await story.step('Switch the project off, naming the version that was read.', async (tell) => {
    const input = { id: projectId, version, active: false };
    const { updateProject } = readAnswer(await owner.mutation(SwitchProject, { input }));
    const { project } = takePayload(updateProject, 'UpdateProjectPayload');
    tell({ active: project.active, version: `${version} → ${project.version}` });
  });

  await story.step('Start a session with the secret key: refused.', async (tell) => {
    const server = cast.withKey(secret);
    const { startSession } = readAnswer(await server.mutation(StartSession, { input: {} }));
    tell(takeRefusal(startSession, 'PROJECT_INACTIVE'));
  });

  await story.step('Edit the project with the version of before: refused.', async (tell) => {
    const input = { id: projectId, version, active: true };
    const { updateProject } = readAnswer(await owner.mutation(SwitchProject, { input }));
    tell(takeRefusal(updateProject, 'CONFLICT'));
    tell({ 'it is now': takePayload(updateProject, 'ConflictError').currentVersion });
  });
}
