import { RoleList } from '@wardline/product/access/roles/contract'
import { Bytes, Count, endpoint, Id, List, Shape, Text, Type } from '@wardline/platform/contract'

/** A colleague's public keys in short: enough to author an epoch with, once the statements behind them were verified. */
export const ColleagueKeys = Shape({
  identityKey: Bytes(32, 32),
  identityVersion: Count,
  userKeyId: Bytes(32, 32),
  userKeyVersion: Count,
  deviceListHash: Bytes(32, 32),
  deviceListVersion: Count,
  /** How many statements there are about the person. */
  position: Count,
})

/** A person of the organisation as colleagues see them. */
export const Colleague = Shape({
  person: Id,
  name: Text(200),
  title: Text(200, 0),
  roles: RoleList,
  /** Null until the person has enrolled a first device: nobody can write to them yet. */
  keys: Type.Union([ColleagueKeys, Type.Null()]),
})

/** The people of the organisation with what is needed to write to them. */
export const colleagues = endpoint({
  name: 'team.directory.colleagues',
  method: 'GET',
  path: '/api/v1/colleagues',
  summary: 'Colleagues: names, titles, and the newest of their public keys',
  takes: Shape({}),
  gives: Shape({ colleagues: List(Colleague, 100_000) }),
  fails: {},
})
