# %% [markdown]
# # Checking

# %%
print(1)
