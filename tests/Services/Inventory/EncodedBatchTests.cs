using System.Text.Json;
using DaprShop.Inventory.Stock;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Json;
using DaprShop.Tests.Services.Order;

namespace DaprShop.Tests.Services.Inventory;

public sealed class EncodedBatchTests
{
    private static readonly StockBatch Batch = new(7,
    [
        new UnitsReserved("o-1", 2, SampleOrders.One("o-1").Encode(), SampleOrders.Now),
        new UnitsReserved("o-2", 1, Order: null, SampleOrders.Now),
        new ReservationHeld("o-3", SampleOrders.Now.AddSeconds(1)),
    ]);

    [Fact]
    public void Write_LooksLikeTheBatchItWasMadeOf() =>
        Assert.Equal(JsonSerializer.Serialize(Batch, ShopJson.Documents), JsonSerializer.Serialize(EncodedBatch.Of(Batch), ShopJson.Documents));

    [Fact]
    public void Decode_OfWhatWasRead_HasTheEntries()
    {
        var json = JsonSerializer.Serialize(Batch, ShopJson.Documents);

        var read = JsonSerializer.Deserialize<EncodedBatch>(json, ShopJson.Documents)!;

        Assert.Equal(7, read.Decode().N);
        Assert.Equal(Batch.Entries[2], read.Decode().Entries[2]);
        Assert.Equal("o-1", Assert.IsType<UnitsReserved>(read.Decode().Entries[0]).Order!.OrderId);
        Assert.Equal(json, JsonSerializer.Serialize(read, ShopJson.Documents));
    }
}
