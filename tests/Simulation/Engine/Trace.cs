using System.Globalization;

namespace DaprShop.Tests.Simulation.Engine;

/// <summary>Everything that happened, in one number: two runs are the same run when it is the same. The words are kept on demand only.</summary>
internal sealed class Trace(bool keepsWords)
{
    private const ulong Prime = 1099511628211UL;
    private readonly List<string> _words = [];

    public ulong Hash { get; private set; } = 14695981039346656037UL;

    public IReadOnlyList<string> Words => _words;

    public bool KeepsWords => keepsWords;

    public void Mix(long number) => Hash = (Hash ^ (ulong)number) * Prime;

    public void Note(long now, string kind, string what)
    {
        Mix(now);
        Mix(kind);
        Mix(what);
        if (keepsWords)
        {
            _words.Add(string.Create(CultureInfo.InvariantCulture, $"{now / (double)TimeSpan.TicksPerSecond,11:0.0000} {kind,-10} {what}"));
        }
    }

    /// <summary>Words only: nothing that the run depends on.</summary>
    public void Say(long now, string what)
    {
        if (keepsWords)
        {
            _words.Add(string.Create(CultureInfo.InvariantCulture, $"{now / (double)TimeSpan.TicksPerSecond,11:0.0000} {what}"));
        }
    }

    private void Mix(string text)
    {
        var hash = Hash;
        foreach (var character in text)
        {
            hash = (hash ^ character) * Prime;
        }

        Hash = hash;
    }
}
