namespace DaprShop.Inventory.Stock;

/// <summary>Ids in the order in which they came. None is ever changed or taken out, so that what stands now is handed out without a copy.</summary>
internal sealed class IdList
{
    private const int FirstSize = 64;

    private string[] _ids = [];
    private int _count;

    /// <summary>What there is now. It stays as it is while more are added, and anybody may read it meanwhile.</summary>
    public ReadOnlyMemory<string> Standing => _ids.AsMemory(0, _count);

    public void Add(string id)
    {
        if (_count == _ids.Length)
        {
            Array.Resize(ref _ids, Math.Max(FirstSize, _count * 2));
        }

        _ids[_count++] = id;
    }
}
