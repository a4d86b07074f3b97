using System.Buffers.Binary;

namespace DaprShop.ServiceDefaults.Ids;

/// <summary>
/// A Bloom filter over ids: it may take an id for one that was added, about one in a hundred, but never misses one that was. Ten bits
/// an id, so a hundred thousand fit into 125 KB. Adding and asking may run at the same time.
/// </summary>
public sealed class IdFilter
{
    private const int BitsPerId = 10;

    /// <summary>The number that is best for ten bits an id.</summary>
    private const int BestHashes = 7;

    private const int MostHashes = 32;
    private const int WordBits = 64;
    private const int WordBytes = WordBits / 8;

    private readonly ulong[] _words;

    private IdFilter(ulong[] words, int hashes) => (_words, Hashes) = (words, hashes);

    /// <summary>How many bits stand for one id.</summary>
    public int Hashes { get; }

    /// <param name="ids">How many it is made for; with more it takes more strangers for added ones.</param>
    public static IdFilter For(int ids)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ids);
        return new IdFilter(new ulong[Math.Max(1, (((long)ids * BitsPerId) + WordBits - 1) / WordBits)], BestHashes);
    }

    /// <summary>The filter that <see cref="ToBytes"/> gave, here or in another process.</summary>
    /// <returns>Null when that is none.</returns>
    public static IdFilter? Read(ReadOnlySpan<byte> bytes, int hashes)
    {
        if (bytes.IsEmpty || bytes.Length % WordBytes != 0 || hashes is < 1 or > MostHashes)
        {
            return null;
        }

        var words = new ulong[bytes.Length / WordBytes];
        for (var word = 0; word < words.Length; word++)
        {
            words[word] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(word * WordBytes)..]);
        }

        return new IdFilter(words, hashes);
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[_words.Length * WordBytes];
        for (var word = 0; word < _words.Length; word++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(word * WordBytes), _words[word]);
        }

        return bytes;
    }

    public void Add(string id)
    {
        var (at, step) = Start(id);
        for (var hash = 0; hash < Hashes; hash++, at += step)
        {
            var (word, bit) = Place(at);
            Interlocked.Or(ref _words[word], bit);
        }
    }

    /// <returns>False: it was never added. True: it was, or another that looks alike.</returns>
    public bool MayContain(string id)
    {
        var (at, step) = Start(id);
        for (var hash = 0; hash < Hashes; hash++, at += step)
        {
            var (word, bit) = Place(at);
            if ((Volatile.Read(ref _words[word]) & bit) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private (int Word, ulong Bit) Place(ulong at)
    {
        var bit = at % ((ulong)_words.Length * WordBits);
        return ((int)(bit / WordBits), 1UL << (int)(bit % WordBits));
    }

    /// <summary>Two hashes that every process computes alike (FNV-1a and a finalizer); their multiples serve as all the others.</summary>
    private static (ulong At, ulong Step) Start(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        var hash = 14695981039346656037UL;
        foreach (var character in id)
        {
            hash = (hash ^ character) * 1099511628211UL;
        }

        var at = Mix(hash);
        return (at, Mix(at + 0x9E3779B97F4A7C15UL) | 1);
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
