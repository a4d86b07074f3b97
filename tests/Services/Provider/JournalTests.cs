using System.Text;
using DaprShop.Provider.Ledger;
using DaprShop.Provider.Webhooks;

namespace DaprShop.Tests.Provider;

public sealed class JournalTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly string _directory = Directory.CreateTempSubdirectory("journal-").FullName;

    private string File => Path.Combine(_directory, "ledger.jsonl");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Open_AfterAppends_GivesThemBackInOrder()
    {
        await AppendAsync(new ErrorAnswered(Now, "a"));
        await AppendAsync(new ErrorAnswered(Now, "b"), new ChargeCaptured(Now, "c"));

        Assert.Equal([new ErrorAnswered(Now, "a"), new ErrorAnswered(Now, "b"), new ChargeCaptured(Now, "c")], await ReadAsync());
    }

    [Theory]
    [InlineData("[")]
    [InlineData("""[{"kind":"capture","chargeId":"x","at":"2026-01-02T03:04:05Z"}]""")]
    [InlineData("\0\0\0\n")]
    public async Task Open_TornLastLine_IsDroppedAndWrittenOver(string torn)
    {
        await AppendAsync(new ErrorAnswered(Now, "a"));
        await System.IO.File.AppendAllTextAsync(File, torn);

        Assert.Equal([new ErrorAnswered(Now, "a")], await ReadAsync());
        await AppendAsync(new ErrorAnswered(Now, "b"));
        Assert.Equal([new ErrorAnswered(Now, "a"), new ErrorAnswered(Now, "b")], await ReadAsync());
    }

    [Fact]
    public async Task Open_DamageInTheMiddle_IsNamedAndNothingIsLost()
    {
        await AppendAsync(new ErrorAnswered(Now, "a"));
        await System.IO.File.AppendAllTextAsync(File, "rubbish\n");
        await System.IO.File.AppendAllTextAsync(File, "[]\n");
        var before = await System.IO.File.ReadAllBytesAsync(File);

        var fault = Assert.Throws<InvalidDataException>(() => Journal.Open(File));

        Assert.Contains("line 2", fault.Message);
        Assert.Equal(before, await System.IO.File.ReadAllBytesAsync(File));
    }

    [Fact]
    public async Task Open_Twice_Fails()
    {
        var (journal, _) = Journal.Open(File);

        Assert.Throws<IOException>(() => Journal.Open(File));
        await journal.DisposeAsync();
    }

    [Fact]
    public void Sign_KnownInput_IsTheKnownSignature()
    {
        var signature = WebhookSignature.Sign("secret", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), Encoding.UTF8.GetBytes("{}"));

        Assert.Equal("t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163", signature);
    }

    [Theory]
    [InlineData(1, 200)]
    [InlineData(2, 400)]
    [InlineData(8, 25_600)]
    [InlineData(9, 30_000)]
    [InlineData(1000, 30_000)]
    public void Wait_AfterFailures_DoublesUpToHalfAMinute(int attempts, int milliseconds)
    {
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), DeliveryTimes.Wait(attempts));
    }

    private async Task AppendAsync(params Entry[] entries)
    {
        var (journal, _) = Journal.Open(File);
        await journal.AppendAsync(entries);
        await journal.DisposeAsync();
    }

    private async Task<IReadOnlyList<Entry>> ReadAsync()
    {
        var (journal, entries) = Journal.Open(File);
        await journal.DisposeAsync();
        return entries;
    }
}
