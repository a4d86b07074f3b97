using Dapr.Client;
using DaprShop.Contracts;
using DaprShop.Inventory;
using DaprShop.Inventory.Reservations;
using DaprShop.Inventory.Sales;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.Json;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.Services.AddOptions<SweepOptions>().BindConfiguration("Sweep").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<StockPools>();
builder.Services.AddSingleton<StockViews>();
builder.Services.AddActors(options =>
{
    options.UseJsonSerialization = true;
    options.JsonSerializerOptions = ShopJson.Documents;
    options.Actors.RegisterActor<StockActor>();
});
builder.Services.AddSingleton<SweepReservations>();
builder.Services.AddSingleton<ReturnedUnits>();
builder.Services.AddSingleton<SaleUnits>();
builder.Services.AddSingleton<SaleViews>();
builder.Services.AddSingleton<SweepSales>();
builder.Services.AddSingleton(_ => OrderBackstop.Over(DaprClient.CreateInvokeHttpClient(AppIds.Order)));
builder.Services.AddHostedService<StockSeed>();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapStock();
app.MapReserveMany();
app.MapChangeReservation();
app.MapStockAudit();
app.MapCreateSale();
app.MapSales();
app.MapSoldOut();
app.MapSweep();
app.MapActorsHandlers();
await app.RunAsync();
