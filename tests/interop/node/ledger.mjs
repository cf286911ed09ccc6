// Our ledger's JSON-RPC as ethers uses it: a contract read, a transaction signed here, its events.
import { ethers } from 'ethers'
import { main } from './parts.mjs'

const abi = [
  'function threshold() view returns (uint256)',
  'function propose(bytes action, uint256 expires) returns (uint256)',
  'event Approved(uint256 indexed proposal, uint256 indexed seat)',
]

async function propose({ url, address, seat }) {
  const provider = new ethers.JsonRpcProvider(url)
  try {
    const contract = new ethers.Contract(address, abi, provider)
    const expires = (await provider.getBlock('latest')).timestamp + 1000
    const member = new ethers.Wallet(seat, provider)
    const receipt = await (await contract.connect(member).propose('0x01020304', expires)).wait()
    const events = await contract.queryFilter(contract.filters.Approved(), receipt.blockNumber)
    return { threshold: Number(await contract.threshold()), status: receipt.status, events: events.length }
  } finally {
    provider.destroy()
  }
}

await main({ propose })
