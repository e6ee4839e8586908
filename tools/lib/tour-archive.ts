import type { Demo } from '@wardline/dev'
export async function openArchiveInTour(_d: Demo, _c: string, _f: string): Promise<{ withOne: string; texts: string[] }> { return { withOne: 'refused', texts: ['x'] } }
