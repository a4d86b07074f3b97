using DaprShop.TestKit;
using DaprShop.TestKit.Servers;

namespace DaprShop.Tests.PubSub;

/// <summary>A network that resets every connection again and again while messages are published and consumed through it.</summary>
internal static class Resets
{
    private const int Turns = 10;
    private const int PerTurn = 100;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    /// <summary>Cuts amid each hundred of a thousand messages, and expects all of them to have arrived at the end.</summary>
    /// <param name="publish">Returns once the message was taken, however often it had to be sent.</param>
    public static async Task LoseNothingAsync(FaultyProxy proxy, Recorder recorder, Func<string, Task> publish)
    {
        var sent = Enumerable.Range(0, Turns * PerTurn).Select(n => $"{n:000}").ToArray();
        foreach (var batch in sent.Chunk(PerTurn))
        {
            var publishing = Parallel.ForEachAsync(batch, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (text, _) => await publish(text));
            // What arrived came over connections made since the last cut: there is something to cut.
            await Eventually.True(() => recorder.Texts.Intersect(batch).Count() > PerTurn / 2, Deadline);
            proxy.Cut();
            await publishing;
        }

        await Eventually.Get(() => recorder.Texts.Distinct().Count(), count => count == sent.Length, Deadline);
        Assert.Equal(sent, recorder.Texts.Distinct().Order());
        Assert.True(proxy.Accepted > Turns, $"{proxy.Accepted} connections");
    }
}
