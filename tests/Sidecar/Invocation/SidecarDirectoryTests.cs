using Sidecar.Invocation;

namespace DaprShop.Tests.Invocation;

public sealed class SidecarDirectoryTests
{
    private readonly SidecarDirectory _directory = new();
    private readonly Replica _first = new();
    private readonly Replica _second = new();
    private readonly Replica _third = new();

    public SidecarDirectoryTests()
    {
        foreach (var replica in new[] { _first, _second, _third })
        {
            _directory.Register("order", replica);
        }
    }

    [Fact]
    public void Find_Replicas_TakeTurns()
    {
        var found = Take(30);

        Assert.Equal([10, 10, 10], new[] { _first, _second, _third }.Select(replica => found.Count(other => other == replica)));
        Assert.All(found.Zip(found.Skip(1)), pair => Assert.NotSame(pair.First, pair.Second));
    }

    [Fact]
    public void Find_AlternatingBetweenTwoApps_StillMeetsEveryReplica()
    {
        _directory.Register("inventory", new Replica());
        _directory.Register("inventory", new Replica());
        var found = new HashSet<IAppChannel?>();

        for (var n = 0; n < 4; n++)
        {
            Assert.NotNull(_directory.Find("order"));
            found.Add(_directory.Find("inventory"));
        }

        Assert.Equal(2, found.Count);
    }

    [Fact]
    public void Find_AnUnhealthyReplica_IsPassedOver()
    {
        _second.IsHealthy = false;

        Assert.Equal([_first, _third], Take(12).Distinct().OrderBy(replica => replica == _third));
    }

    [Fact]
    public void Find_NoHealthyReplica_NamesOneThatSaysSo()
    {
        (_first.IsHealthy, _second.IsHealthy, _third.IsHealthy) = (false, false, false);

        Assert.Equal(3, Take(12).OfType<Replica>().Distinct().Count());
    }

    [Fact]
    public void Unregister_OneReplica_LeavesTheOthers()
    {
        _directory.Unregister("order", _second);
        _directory.Unregister("order", new Replica());

        Assert.Equal([_first, _third], Take(12).Distinct().OrderBy(replica => replica == _third));
        Assert.True(_directory.Has("order"));
    }

    [Fact]
    public void Unregister_TheLastReplica_LeavesNobody()
    {
        foreach (var replica in new[] { _first, _second, _third })
        {
            _directory.Unregister("order", replica);
        }

        Assert.False(_directory.Has("order"));
        Assert.Null(_directory.Find("order"));
        Assert.Null(_directory.Find("nobody"));
    }

    private List<IAppChannel?> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => _directory.Find("order"))];

    private sealed class Replica : IAppChannel
    {
        public bool IsHealthy { get; set; } = true;

        public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new NotSupportedException("nobody is called here");
    }
}
