import { expect, test } from 'bun:test'
import { spawnProgram } from '@marquee/testing/process'
import { temporaryFolder } from '@marquee/testing/temporary-folder'

const json = 'application/json'
const fields = '"title":"Bytes & \\"é\\"","director":"Ann","year":1999,"genres":["Drama"]'
const saved = `{"id":"b/1",${fields},"updateTime":"…"}`
const ofAnn =
  '{"recordId":"b/1","recordType":"movie","userId":"ann","updateTime":"…","value":4.5,"revision":"…"}'
const aggregate = [
  '{"recordId":"b/1","recordType":"movie","count":"1","mean":4.5,',
  '"histogram":["0","0","0","0","0","0","0","0","1","0"],"bayesianScore":2.909090909090909,',
  '"scale":{"min":0.5,"max":5,"step":0.5},"prior":{"mean":2.75,"weight":10},',
  '"scoreInterval":{"low":1.6623485976309293,"high":4.155833220550889,"level":0.95},',
  '"revision":"…","updateTime":"…"}',
].join('')

/** Values that differ from run to run. */
const variable = /("(?:updateTime|revision)":")[^"]*/g

test('the five older routes keep their bytes', async () => {
  await using folder = await temporaryFolder()
  const ports = ['metadata', 'rating', 'movie'].flatMap((name) => [`--port-${name}`, '0'])
  const args = [...ports, '--data', `${folder.path}/data`, '--log-format', 'json']
  await using program = await spawnProgram({ runtime: 'bun', entry: 'services/dev.ts', args })
  const urlOf = async (name: string) => {
    const [, url = ''] = await program.waitForLine(new RegExp(`^ +${name} +(http://\\S+)$`, 'm'))
    return url
  }
  const metadata = `${await urlOf('metadata')}/metadata?id=b%2F1`
  const rating = `${await urlOf('rating')}/rating?id=b%2F1&type=movie`
  const call = async (method: string, url: string, body?: string) => {
    const response = await fetch(url, { method, ...(body !== undefined && { body }) })
    const text = (await response.text()).replace(variable, '$1…')
    return [response.status, response.headers.get('content-type'), text]
  }
  const movie = `{${fields}}`
  expect(await call('PUT', metadata, movie)).toEqual([201, json, saved])
  expect(await call('PUT', metadata, movie)).toEqual([200, json, saved])
  expect(await call('GET', metadata)).toEqual([200, json, saved])
  expect(await call('PUT', `${rating}&userId=ann&value=4.5`)).toEqual([200, json, aggregate])
  expect(await call('GET', `${rating}&userId=ann`)).toEqual([200, json, ofAnn])
  expect(await call('GET', rating)).toEqual([200, json, aggregate])
  const details = `{"metadata":${saved},"rating":${aggregate},"ratingStatus":"RATING_STATUS_RATED"}`
  const url = `${await urlOf('movie')}/movie`
  expect(await call('GET', `${url}?id=b%2F1`)).toEqual([200, json, details])
  const absent = '{"code":"not_found","message":"no metadata of the movie \\"none\\""}'
  expect(await call('GET', `${url}?id=none`)).toEqual([404, json, absent])
})
