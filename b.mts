const cpu=()=>process.cpuUsage().user/1000
import {Redactor} from './packages/core/src/secrets/redactor.ts'
import {atOnce} from './packages/core/src/async/slices.ts'
const secrets=Object.fromEntries(Array.from({length:200},(_,i)=>['k'+i,`zq${i.toString(36)}x${(i*7919).toString(36)}k${i%3?'':' with spaces'}`]))
const r=new Redactor(['a'])
let t=cpu()
atOnce(r.read([{source:'s',parts:[{tree:{a:secrets},entry:{path:[]}}]}]))
console.log('learn',cpu()-t)
const quote=Object.values(secrets).map(x=>`${JSON.stringify(x)} ${encodeURIComponent(x)}`).join(' ').repeat(3)
for(let i=0;i<5;i++){t=cpu();const out=r.scrub(quote);console.log('scrub',quote.length,out.length,cpu()-t)}
const msg='Invalid input: expected string, received undefined at path some.where '
for(let i=0;i<5;i++){t=cpu();for(let k=0;k<1000;k++)r.scrub(msg+k);console.log('1000 msgs',msg.length,cpu()-t)}
