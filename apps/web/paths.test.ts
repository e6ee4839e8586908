import { expect, test } from 'vitest'
import { paths } from './paths.ts'

test('every address of the application', () => {
  const id = '6e44887e-a634-4807-85d3-051b3cb43274'
  expect({
    inbox: paths.inbox(),
    all: paths.inbox({ show: 'all' }),
    'needs me': paths.inbox({ show: 'needs-me' }),
    'new message': paths.inbox({ open: 'new', with: id }),
    thread: paths.thread(id),
    people: paths.thread(id, { show: 'team', pane: 'people' }),
    patients: paths.patients(),
    'new patient': paths.patients({ open: 'new' }),
    patient: paths.patient(id),
    'patient from the inbox': paths.patient(id, { in: 'inbox', show: 'needs-me' }),
    texts: paths.texts(id),
    reminders: paths.reminders('2026-03-11'),
    audit: paths.audit(),
    'older entries': paths.audit('411'),
    settings: paths.settings(),
  }).toEqual({
    inbox: '/',
    all: '/',
    'needs me': '/?show=needs-me',
    'new message': `/?open=new&with=${id}`,
    thread: `/t/${id}`,
    people: `/t/${id}?show=team&pane=people`,
    patients: '/patients',
    'new patient': '/patients?open=new',
    patient: `/patients/${id}`,
    'patient from the inbox': `/patients/${id}?in=inbox&show=needs-me`,
    texts: `/texts/${id}`,
    reminders: '/reminders?day=2026-03-11',
    audit: '/audit',
    'older entries': '/audit?before=411',
    settings: '/settings',
  })
})

test('what is no id cannot leave its place in the path', () => {
  expect(paths.thread('../settings?x=1#y')).toBe('/t/..%2Fsettings%3Fx%3D1%23y')
})
