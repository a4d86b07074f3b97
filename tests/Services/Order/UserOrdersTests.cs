using DaprShop.Order.Reading;
using DaprShop.Tests.Services.State;

namespace DaprShop.Tests.Services.Order;

public sealed class UserOrdersTests : IAsyncLifetime
{
    private const int Count = 250;

    private FaultyStore _store = null!;
    private UserOrders _orders = null!;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        _orders = new UserOrders(_store.Documents);
        for (var n = 0; n < Count; n++)
        {
            await AddAsync(n);
        }
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Read_FromTheNewestOn_GivesEveryOrderOnceNewestFirst()
    {
        var ids = await ReadAllAsync();

        Assert.Equal(Enumerable.Range(0, Count).Reverse().Select(n => $"o-{n}"), ids);
    }

    [Fact]
    public async Task Read_OrdersAddedBetweenTwoPages_ShiftNothing()
    {
        var (first, next) = await _orders.ReadAsync("shopper-1", before: null, CancellationToken.None);
        await AddAsync(Count);
        await AddAsync(Count + 1);

        var (second, _) = await _orders.ReadAsync("shopper-1", next, CancellationToken.None);

        Assert.Equal(("o-249", "o-200"), (first[0].OrderId, first[^1].OrderId));
        Assert.Equal(("o-199", "o-100"), (second[0].OrderId, second[^1].OrderId));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(180)]
    [InlineData(249)]
    public async Task Add_RelayedAgainAfterARestart_IsListedOnce(int n)
    {
        await AddAsync(n);

        Assert.Equal(Count, (await ReadAllAsync()).Count);
    }

    private Task AddAsync(int n) =>
        _orders.AddAsync(SampleOrders.One($"o-{n}") with { CreatedAt = SampleOrders.Now.AddSeconds(n) }, CancellationToken.None);

    private async Task<List<string>> ReadAllAsync()
    {
        var ids = new List<string>();
        int? next = null;
        do
        {
            (var entries, next) = await _orders.ReadAsync("shopper-1", next, CancellationToken.None);
            ids.AddRange(entries.Select(entry => entry.OrderId));
        }
        while (next is not null);

        return ids;
    }
}
